import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FetchResult } from '@postern/kafka';
import { administrators, told } from './admin/operator.ts';
import type { Contract } from './contract.setup.ts';
import { testCaller } from './test-caller.ts';
import { outcomes, record } from './test-sessions.ts';

const SUPERSEDED = 2_000;

/** What a log does with records after they were written: compaction, the broker's own times, bytes that are no text. */
export const registerLogCases = (contract: Contract): void => {
  const { sessions, stack, topic, transport } = contract;
  const { as, prepare } = administrators(contract);
  const reader = testCaller(stack, `log-reader-${transport}`);
  const COMPACTED = topic('log-compacted');
  const STAMPED = topic('log-stamped');
  const BINARY = topic('log-binary');
  const fetch = (name: string, offset: bigint): Promise<FetchResult> => sessions.as(reader, (session) => session.fetch({ topic: name, partition: 0, offset, maxRecords: 10_000, maxBytes: 10_000_000, maxWaitMs: 0 }));
  const cleaner = (operation: 'SET' | 'DELETE') =>
    as((admin) => admin.configs.alter([{ resource: { type: 'cluster-default' }, changes: [operation === 'SET' ? { name: 'log.cleaner.backoff.ms', operation, value: '200' } : { name: 'log.cleaner.backoff.ms', operation }] }]));

  describe('what a log has become', () => {
    beforeAll(async () => {
      await prepare();
      await stack.kafka.createTopics(
        { name: COMPACTED, configs: { 'cleanup.policy': 'compact', 'segment.ms': '500', 'min.cleanable.dirty.ratio': '0.001', 'min.compaction.lag.ms': '0', 'delete.retention.ms': '0' } },
        { name: STAMPED, configs: { 'message.timestamp.type': 'LogAppendTime' } },
        { name: BINARY },
      );
      await stack.kafka.addAcls({ principal: `log-reader-${transport}`, resource: 'topic', name: topic('log-'), pattern: 'prefixed', operations: ['read', 'write', 'describe'] });
      // It looks at its logs every 15 s otherwise.
      expect(told(await cleaner('SET'))).toEqual(['done']);
    });
    afterAll(async () => void (await cleaner('DELETE')));

    it('reads over a gap of 2,000 compacted offsets, from every side of it', async () => {
      const key = Buffer.from('k');
      const records = (from: number, count: number) => Array.from({ length: count }, (_, i) => record(COMPACTED, `${from + i}`, { key, partition: 0 }));
      expect(new Set(outcomes(await sessions.produce(reader, [record(COMPACTED, 'first', { key: Buffer.from('first'), partition: 0 }), ...records(1, SUPERSEDED)])))).toEqual(new Set(['stored']));
      await new Promise((resolve) => void setTimeout(resolve, 700));
      // Rolls the segment, so that the one before can be cleaned.
      await sessions.produce(reader, [record(COMPACTED, 'newest', { key, partition: 0 })]);
      await new Promise((resolve) => void setTimeout(resolve, 700));
      await sessions.produce(reader, [record(COMPACTED, 'last', { key: Buffer.from('last'), partition: 0 })]);
      const values = ({ records: found }: FetchResult): string[] => found.map(({ offset, value }) => `${offset} ${value?.toString()}`);
      const left = ['0 first', `${SUPERSEDED + 1} newest`, `${SUPERSEDED + 2} last`];
      await expect.poll(async () => values(await fetch(COMPACTED, 0n)), { timeout: 20_000, interval: 300 }).toEqual(left);
      for (const offset of [1n, 2n, 1_000n, 1_999n, 2_000n]) {
        const found = await fetch(COMPACTED, offset);
        expect([offset, values(found), found.nextOffset]).toEqual([offset, left.slice(1), BigInt(SUPERSEDED + 3)]);
      }
      const consumer = sessions.openConsumer(reader, 'main', { groupId: 'none', reset: 'earliest' });
      try {
        await consumer.assign(reader, [{ topic: COMPACTED, partition: 0 }]);
        await consumer.seek(reader, [{ topic: COMPACTED, partition: 0, offset: 0n }]);
        const seen: string[] = [];
        for (let i = 0; i < 10 && seen.length < 3; i++) seen.push(...(await consumer.poll(reader, { maxRecords: 1, maxBytes: 1_000, maxWaitMs: 500 })).map(({ offset, value }) => `${offset} ${value?.toString()}`));
        expect(seen).toEqual(left);
      } finally {
        await consumer.close();
      }
    }, 60_000);

    it("gives the broker's time for what Kafka's own producer wrote with its own", async () => {
      const before = Date.now();
      const run = await stack.kafka.tool('console-producer', ['--topic', STAMPED, '--compression-codec', 'zstd'], { stdin: 'one\ntwo\n' });
      expect(run.exitCode).toBe(0);
      const { records } = await fetch(STAMPED, 0n);
      expect(records.map(({ value, timestampType }) => [value?.toString(), timestampType])).toEqual([['one', 'log-append'], ['two', 'log-append']]);
      for (const { timestamp } of records) expect(timestamp).toBeGreaterThanOrEqual(before);
      for (const { timestamp } of records) expect(timestamp).toBeLessThanOrEqual(Date.now());
    });

    it('gives back bytes that are no text: keys, values, headers, a name twice', async () => {
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
      const headers = [{ name: 'b', value: bytes }, { name: 'b', value: bytes.toReversed() as Buffer }, { name: '', value: Buffer.alloc(0) }, { name: 'n', value: null }];
      expect(outcomes(await sessions.produce(reader, [record(BINARY, bytes, { key: bytes, headers })]))).toEqual(['stored']);
      const { records } = await fetch(BINARY, 0n);
      expect(records.map(({ key, value, headers: found }) => ({ key, value, headers: found }))).toEqual([{ key: bytes, value: bytes, headers: headers.map(({ name, value }) => ({ name, value: value === null ? null : Buffer.from(value) })) }]);
    });
  });
};
