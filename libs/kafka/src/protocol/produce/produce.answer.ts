import type { ProduceRecord, RecordResult } from '../../session/session.port.js';
import { fromBrokerCode, isStaleMetadata, isUnwrittenAndRetriable } from '../../errors/from-broker-code.js';
import { KafkaError } from '../../errors/kafka-error.js';

/** What a broker said of one partition of a produce request (Produce v9-v11). */
export interface PartitionAnswer {
  readonly errorCode: number;
  readonly baseOffset: bigint;
  readonly logAppendTimeMs: bigint;
  readonly errorMessage?: string | null;
  readonly recordErrors: readonly { readonly batchIndex: number; readonly batchIndexErrorMessage?: string | null }[];
}

/** What follows from it for the batch. Everything but `stored` and `failed` certainly was not written. */
export type Verdict =
  | { readonly kind: 'stored' }
  | { readonly kind: 'failed'; readonly error: KafkaError }
  /** Again after a pause, with fresh metadata if `stale`. */
  | { readonly kind: 'again'; readonly error: KafkaError; readonly stale: boolean }
  /** Too large together: again in smaller pieces. */
  | { readonly kind: 'split' }
  /** Refused for the producer's identity or sequence, which are ours: again with another one, or with none. */
  | { readonly kind: 'unidentified'; readonly error: KafkaError; readonly forbidden: boolean }
  /** Some records are bad and spoilt the others, which go again without them (KIP-467). */
  | { readonly kind: 'without'; readonly bad: ReadonlyMap<number, KafkaError> };

/** Out of order, duplicate, old epoch, unknown producer, fenced (KIP-98, KIP-360): none of it is the caller's doing (I21). */
const IDENTITY_CODES: ReadonlySet<number> = new Set([45, 46, 47, 59, 90]);
const CLUSTER_AUTHORIZATION_FAILED = 31;

/** Error 3 right after a topic was created: the leader may not know it yet. */
const UNKNOWN_TRIES = 3;

export const judgePartition = (answer: PartitionAnswer, topic: string, partition: number, size: number, tries: number): Verdict => {
  const { errorCode: code, errorMessage, recordErrors } = answer;
  if (code === 0) return { kind: 'stored' };
  const error = new KafkaError(fromBrokerCode(code, code === 3 ? 'topic' : 'partition'), { brokerCode: code, brokerText: errorMessage ?? undefined, resource: `${topic}-${partition}` });
  // Acks all: a leader that appended and then lost its place answers 6 (or 3, 56) although the next leader may have the records.
  // Its answer then carries the offset of the append; one that wrote nothing says -1 (kafka.server.DelayedProduce).
  if (answer.baseOffset >= 0n) return { kind: 'failed', error: new KafkaError('OUTCOME_UNKNOWN', error.detail) };
  if (IDENTITY_CODES.has(code) || code === CLUSTER_AUTHORIZATION_FAILED) return { kind: 'unidentified', error, forbidden: code === CLUSTER_AUTHORIZATION_FAILED };
  if (isUnwrittenAndRetriable(code)) return { kind: 'again', error, stale: isStaleMetadata(code) };
  if (code === 3 && tries < UNKNOWN_TRIES) return { kind: 'again', error, stale: true };
  if (error.code === 'RECORD_TOO_LARGE' && size > 1) return { kind: 'split' };
  if ((error.code === 'INVALID_RECORD' || error.code === 'INVALID_TIMESTAMP') && size > 1) {
    if (recordErrors.length === 0) return { kind: 'split' };
    const bad = recordErrors.map(({ batchIndex, batchIndexErrorMessage }): [number, KafkaError] => [
      batchIndex,
      new KafkaError(error.code, { brokerCode: code, brokerText: batchIndexErrorMessage ?? errorMessage ?? undefined, resource: `${topic}-${partition}` }),
    ]);
    return { kind: 'without', bad: new Map(bad) };
  }
  return { kind: 'failed', error };
};

/** The result of the `i`th record of a stored batch: Kafka gives the first offset, the others follow it. */
export const storedResult = (answer: PartitionAnswer, partition: number, i: number, record: ProduceRecord, packedAt: number): RecordResult => ({
  kind: 'stored',
  partition,
  offset: answer.baseOffset + BigInt(i),
  // -1: the topic keeps the producer's time (message.timestamp.type=CreateTime).
  timestamp: answer.logAppendTimeMs >= 0n ? Number(answer.logAppendTimeMs) : (record.timestamp ?? packedAt),
});
