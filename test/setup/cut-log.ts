import { Kafka, logLevel } from 'kafkajs';
import type { Stack } from './stack.ts';

/** Takes away the records before an offset, as retention would. */
export const cutLog = async (kafka: Stack['kafka'], topic: string, partition: number, offset: number): Promise<void> => {
  const { bootstrap, username, password } = kafka.admin;
  const admin = new Kafka({ brokers: [bootstrap], clientId: 'set-up', logLevel: logLevel.NOTHING, sasl: { mechanism: 'plain', username, password } }).admin();
  await admin.connect();
  try {
    // Loads the topic's leaders, which the next call takes for known.
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(offset) }] });
  } finally {
    await admin.disconnect();
  }
};
