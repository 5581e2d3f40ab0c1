import { KafkaError } from '../../errors/kafka-error.js';
import type { ProduceRecord } from '../../session/session.port.js';
import type { TopicMetadata } from '../metadata.cache.js';
import { partitionOfKey } from '../murmur2.js';

export type Route = { readonly kind: 'partition'; readonly partition: number } | { readonly kind: 'keyless' } | { readonly kind: 'refused'; readonly error: KafkaError };

const KEYLESS: Route = { kind: 'keyless' };

/**
 * Where a record goes. A partition that was named is used or refused, never replaced (Must 9); keyed records go where the
 * Java client would put them (Must 13); keyless ones wait for whichever partition is flushed next.
 */
export const routeRecord = (record: ProduceRecord, topic: TopicMetadata): Route => {
  if (topic.kind === 'failed') return { kind: 'refused', error: topic.error };
  const { partition, key, timestamp } = record;
  if (timestamp !== undefined && !(Number.isSafeInteger(timestamp) && timestamp >= 0)) {
    return { kind: 'refused', error: new KafkaError('INVALID_TIMESTAMP', { resource: record.topic }) };
  }
  if (partition !== null) {
    if (topic.partitions.has(partition)) return { kind: 'partition', partition };
    return { kind: 'refused', error: new KafkaError('UNKNOWN_PARTITION', { resource: `${record.topic}-${partition}` }) };
  }
  // In a topic of one partition keyed and keyless records keep their order, as they do with the Java client.
  return key === null && topic.partitions.size > 1 ? KEYLESS : { kind: 'partition', partition: key === null ? 0 : partitionOfKey(key, topic.partitions.size) };
};

/** Bytes that a record will take in a batch, rounded up: what bounds and budgets count. */
export const recordBytes = ({ key, value, headers }: ProduceRecord): number => {
  let bytes = 24 + (key?.length ?? 0) + (value?.length ?? 0);
  if (headers !== undefined) for (const { name, value } of headers) bytes += 8 + Buffer.byteLength(name) + (value?.length ?? 0);
  return bytes;
};
