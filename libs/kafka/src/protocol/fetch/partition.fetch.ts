import { fromBrokerCode } from '../../errors/from-broker-code.js';
import { KafkaError } from '../../errors/kafka-error.js';
import type { FetchRequest, FetchResult } from '../../session/session.port.js';
import { THROTTLE_PATIENCE_MS } from '../broker.connection.js';
import { type LeaderAnswer, type LeaderCallContext, askLeader } from '../leader.call.js';
import { UnreadableBatch } from './decompress.js';
import { FETCH, type FetchAnswer, type FetchArgs } from './fetch.api.js';
import type { FetchLanes } from './fetch.lanes.js';
import { FetchedRecords } from './fetched.records.js';

/** One answer is bounded, so that a large read is many small ones between which others get their turn. */
const ANSWER_BYTES = 1_048_576;
/** Batches carry more than keys and values; asking for less than this would make an answer of every batch. */
const ANSWER_LEAST_BYTES = 16_384;
/** A long poll is many short ones: a read that waits for a free lane gets it soon, and the credential is looked at again. */
const POLL_SLICE_MS = 1_000;
/** Left of the call's deadline for the answer to come back. */
const ANSWER_MARGIN_MS = 250;

export interface PartitionFetchContext extends LeaderCallContext {
  readonly lanes: Pick<FetchLanes, 'on'>;
}

/**
 * Reads committed records of one partition from one offset on. Waits up to `maxWaitMs` for a first one.
 * @throws KafkaError OFFSET_OUT_OF_RANGE (never reset), THROTTLED, UNKNOWN_TOPIC, UNKNOWN_PARTITION, TOPIC_AUTHORIZATION_FAILED, ...
 */
export const fetchPartition = async (context: PartitionFetchContext, request: FetchRequest, deadline: number): Promise<FetchResult> => {
  const { clock } = context;
  const found = new FetchedRecords(request.offset, request);
  const waitUntil = Math.min(clock.now() + request.maxWaitMs, deadline - ANSWER_MARGIN_MS);
  let end = request.offset;
  for (;;) {
    const from = found.next;
    const waitMs = found.records.length > 0 ? 0 : Math.max(0, Math.min(POLL_SLICE_MS, waitUntil - clock.now()));
    try {
      const answer = await askOnce(context, request, { offset: from, waitMs, maxBytes: found.bytesLeft }, deadline);
      end = answer.lastStableOffset;
      await takeReadable(found, answer, request);
    } catch (error) {
      // What was read stands; the next read meets the failure at its own offset.
      if (found.records.length === 0) throw error;
      break;
    }
    // What was skipped on the way (gaps, aborted records) counts as progress, and is not what the caller waits for.
    const isDry = found.next === from || found.next >= end;
    if (found.isFull || (isDry && (found.records.length > 0 || clock.now() >= waitUntil)) || clock.now() >= deadline) break;
  }
  return { records: found.records, nextOffset: found.next, endOffset: end };
};

const askOnce = (context: PartitionFetchContext, { topic, partition }: FetchRequest, ask: { offset: bigint; waitMs: number; maxBytes: number }, deadline: number): Promise<FetchAnswer> => {
  const maxBytes = Math.min(ANSWER_BYTES, Math.max(ANSWER_LEAST_BYTES, ask.maxBytes));
  const { clock, lanes } = context;
  return askLeader(context, topic, partition, deadline, async (nodeId): Promise<LeaderAnswer<FetchAnswer>> => {
    const args: FetchArgs = { positions: [{ topic, partition, offset: ask.offset }], maxWaitMs: Math.floor(ask.waitMs), maxBytes };
    const answer = await lanes.on(nodeId, deadline, deadline - clock.now(), async (connection) => {
      for (;;) {
        await connection.quiet(deadline, THROTTLE_PATIENCE_MS);
        const { answers, throttleTimeMs } = await connection.request(FETCH, [args], deadline);
        // A throttled answer is empty: asked again when the broker listens, which is waited for, or THROTTLED.
        if (answers[0] !== undefined || throttleTimeMs === 0) return answers[0];
      }
    });
    const resource = `${topic}-${partition}`;
    if (answer === undefined) return { kind: 'failed', brokerCode: -1, error: new KafkaError('BROKER_OTHER', { resource }) };
    const { errorCode } = answer;
    if (errorCode === 0) return { kind: 'done', value: answer };
    return { kind: 'failed', brokerCode: errorCode, error: new KafkaError(fromBrokerCode(errorCode, 'partition'), { resource, brokerCode: errorCode }) };
  });
};

const takeReadable = async (found: FetchedRecords, answer: FetchAnswer, { topic, partition }: FetchRequest): Promise<void> => {
  try {
    await found.take(answer);
  } catch (error) {
    if (!(error instanceof UnreadableBatch)) throw error;
    throw new KafkaError('BROKER_OTHER', { resource: `${topic}-${partition}` }, { cause: error });
  }
};
