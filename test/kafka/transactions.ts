import { Kafka, logLevel } from 'kafkajs';
import type { Stack } from '../setup/stack.ts';

/**
 * Writes, in this order: a plain record, ten that are given up, ten that stand, ten given up again by the same producer, and
 * a last plain one. Two aborted transactions of one producer are what a filter by one range a producer gets wrong.
 * kafkajs, a tool here, sets a negative timer when it is done (a warning of Node's); as a transport its request queue is not used so.
 */
export const writeTransactions = async (kafka: Stack['kafka'], topic: string): Promise<void> => {
  const { bootstrap, username, password } = kafka.admin;
  const client = new Kafka({ brokers: [bootstrap], clientId: 'set-up', logLevel: logLevel.NOTHING, sasl: { mechanism: 'plain', username, password } });
  const plain = client.producer();
  const transactional = client.producer({ transactionalId: `set-up-${topic}`, idempotent: true, maxInFlightRequests: 1 });
  const one = (value: string) => ({ topic, messages: [{ value, partition: 0 }] });
  await Promise.all([plain.connect(), transactional.connect()]);
  try {
    await plain.send(one('plain'));
    for (const end of ['abort', 'commit', 'abort'] as const) {
      const transaction = await transactional.transaction();
      // A request each, so that each record is a batch of its own.
      for (let i = 0; i < 10; i++) await transaction.send(one(end === 'commit' ? `committed ${i}` : `aborted ${i}`));
      await transaction[end]();
    }
    await plain.send(one('last'));
  } finally {
    await Promise.all([plain.disconnect(), transactional.disconnect()]);
  }
};
