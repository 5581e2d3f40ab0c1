import type { MessageRecord } from '@platformatic/kafka';
import type { ProduceRecord } from '../../session/session.port.js';
import type { Batch } from './flush.plan.js';

/** The records of a flush as the produce codec takes them, stamped with `now` (epoch ms) where the caller gave no time. */
export const toWireRecords = (batches: readonly Batch[], now: number): MessageRecord[] => {
  const stamp = BigInt(now);
  const records: MessageRecord[] = [];
  for (const { topic, partition, parts } of batches) {
    for (const { entries } of parts) for (const { record } of entries) records.push(toWireRecord(record, topic, partition, stamp));
  }
  return records;
};

const toWireRecord = ({ key, value, headers, timestamp }: ProduceRecord, topic: string, partition: number, stamp: bigint): MessageRecord => {
  const record: MessageRecord = {
    topic,
    partition,
    timestamp: timestamp === undefined ? stamp : BigInt(timestamp),
    // The library's types leave null out; its encoder writes it as Kafka's null (a tombstone), apart from empty.
    key: key as Buffer,
    value: value as Buffer,
  };
  // Each name is its own Buffer, so the Map keeps duplicates and their order.
  if (headers !== undefined) record.headers = new Map(headers.map((header) => [Buffer.from(header.name), header.value as Buffer]));
  return record;
};
