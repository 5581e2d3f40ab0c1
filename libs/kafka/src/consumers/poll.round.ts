import { KafkaError, isKafkaError } from '../errors/kafka-error.js';
import { UnreadableBatch } from '../protocol/fetch/decompress.js';
import type { FetchAnswer } from '../protocol/fetch/fetch.api.js';
import { FetchedRecords } from '../protocol/fetch/fetched.records.js';
import { partitionKey } from '../protocol/groups/group-offsets.js';
import { type PositionsFetched, type PositionsFetchContext, fetchPositions } from '../protocol/fetch/positions.fetch.js';
import type { ConsumedRecord, PollLimits } from './group.consumer.port.js';
import type { PartitionPositions } from './partition.positions.js';

const ANSWER_BYTES = 1_048_576;
const ANSWER_LEAST_BYTES = 16_384;

/** What one round took; nothing of it counts until `settle` has moved the positions. */
export interface PollRound {
  readonly records: readonly ConsumedRecord[];
  /** Something moved, be it only past records that nobody sees. */
  readonly moved: boolean;
  /** Some broker was asked and has waited for us; else nobody has. */
  readonly answered: boolean;
  readonly outOfRange: PositionsFetched['failures'];
  settle(): void;
}

/**
 * One look at every partition with a position, within the limits of the poll.
 * @throws KafkaError of a partition that failed for good, when no other gave a record
 */
export const pollRound = async (context: PositionsFetchContext, positions: PartitionPositions, limits: PollLimits, waitMs: number, deadline: number): Promise<PollRound> => {
  const settled = positions.settled;
  const maxBytes = Math.min(ANSWER_BYTES, Math.max(ANSWER_LEAST_BYTES, limits.maxBytes));
  const { answers, failures } = await fetchPositions(context, settled, waitMs, maxBytes, deadline);
  const outOfRange = failures.filter(({ error }) => error.code === 'OFFSET_OUT_OF_RANGE');
  let failure = failures.find(({ error }) => error.code !== 'OFFSET_OUT_OF_RANGE')?.error ?? null;
  const records: ConsumedRecord[] = [];
  const moves: { answer: FetchAnswer; from: bigint; to: bigint }[] = [];
  let bytes = 0;
  const byPartition = new Map(answers.map((answer) => [partitionKey(answer.topic, answer.partition), answer]));
  for (const { topic, partition, offset } of settled) {
    const answer = byPartition.get(partitionKey(topic, partition));
    if (answer === undefined || records.length >= limits.maxRecords) continue;
    const found = new FetchedRecords(offset, { maxRecords: limits.maxRecords - records.length, maxBytes: limits.maxBytes - bytes, strict: records.length > 0 });
    try {
      await found.take(answer);
    } catch (error) {
      if (!(error instanceof UnreadableBatch)) throw error;
      failure ??= new KafkaError('BROKER_OTHER', { resource: `${topic}-${partition}` }, { cause: error });
    }
    for (const record of found.records) records.push({ ...record, topic, partition });
    bytes += found.bytes;
    moves.push({ answer, from: offset, to: found.next });
  }
  if (failure !== null && records.length === 0) throw isKafkaError(failure) ? failure : new KafkaError('INTERNAL');
  return {
    records,
    outOfRange,
    answered: answers.length > 0,
    moved: moves.some(({ from, to }) => to > from),
    settle: () => {
      for (const { answer, from, to } of moves) if (to > from) positions.advance(answer, to);
      positions.rotate();
    },
  };
};
