import { beforeAll, describe, expect, it } from 'vitest';
import type { QuotaKey } from '@postern/kafka';
import { administrators, told } from './admin/operator.ts';
import type { Contract } from './contract.setup.ts';
import { testCaller } from './test-caller.ts';
import { codeOf, outcomes, record } from './test-sessions.ts';

export const registerThrottleCases = (contract: Contract): void => {
  const { sessions, stack, topic, transport } = contract;
  const { as, prepare } = administrators(contract);
  const NAME = topic('throttled');
  const writer = testCaller(stack, `writer-${transport}`);
  const reader = testCaller(stack, `reader-${transport}`);
  const free = testCaller(stack, `free-${transport}`);
  const limit = (principal: string, key: QuotaKey, value: number) => as((admin) => admin.quotas.alter([{ entity: [{ type: 'user', name: `${principal}-${transport}` }], changes: new Map([[key, value]]) }]));
  const large = record(NAME, Buffer.alloc(100_000, 'x'));
  const throttledUntil = (caller: typeof writer): Promise<number> => sessions.as(caller, async (session) => session.throttledUntil());

  describe("a quota of the cluster's own", () => {
    beforeAll(async () => {
      await prepare();
      await stack.kafka.createTopics({ name: NAME });
      for (const principal of ['writer', 'reader', 'free']) await stack.kafka.addAcls({ principal: `${principal}-${transport}`, resource: 'topic', name: NAME, operations: ['read', 'write', 'describe'] });
      expect([told(await limit('writer', 'producer_byte_rate', 30_000)), told(await limit('reader', 'consumer_byte_rate', 30_000))]).toEqual([['done'], ['done']]);
    });

    it('is told by the session, and holds up nobody else', async () => {
      expect(await throttledUntil(writer)).toBe(0);
      const before = Date.now();
      // Quotas are counted over eleven seconds: the first records may pass.
      for (let i = 0; i < 8 && (await throttledUntil(writer)) === 0; i++) expect(outcomes(await sessions.produce(writer, [large]))).toEqual(['stored']);
      expect(await throttledUntil(writer)).toBeGreaterThan(before);
      const startedAt = Date.now();
      expect(outcomes(await sessions.produce(free, [large]))).toEqual(['stored']);
      expect(Date.now() - startedAt).toBeLessThan(3_000);
      expect(await throttledUntil(free)).toBe(0);
    });

    it('fails what would have to wait past its deadline, at once and certainly unsent', async () => {
      while ((await throttledUntil(writer)) < Date.now() + 500) await sessions.produce(writer, [large, large, large]);
      const ends = await sessions.as(free, (session) => session.offsets(NAME, [0], 'latest'));
      const startedAt = Date.now();
      expect(outcomes(await sessions.produce(writer, [large], startedAt + 200))).toEqual(['THROTTLED']);
      expect(Date.now() - startedAt).toBeLessThan(2_000);
      expect(await sessions.as(free, (session) => session.offsets(NAME, [0], 'latest'))).toEqual(ends);
    });

    it('refuses changes beyond the rate for them, each item with how long to wait', async () => {
      const name = topic('adm-rate');
      expect(told(await limit('operator', 'controller_mutation_rate', 1))).toEqual(['done']);
      const create = (i: number) => as((admin) => admin.topics.createPartitions([{ topic: name, count: 10 + i }])).then(([result]) => result);
      try {
        await stack.kafka.createTopics({ name });
        let refused = await create(0);
        for (let i = 1; i < 6 && refused?.kind === 'done'; i++) refused = await create(i * 10);
        expect(refused).toMatchObject({ kind: 'failed', error: { code: 'THROTTLED', detail: { brokerCode: 89, retryAfterMs: expect.any(Number) } } });
      } finally {
        await stack.kafka.tool('configs', ['--alter', '--entity-type', 'users', '--entity-name', `operator-${transport}`, '--delete-config', 'controller_mutation_rate']);
      }
    });

    it('is told of reading too, by a session and by a consumer', async () => {
      const fetch = () => sessions.as(reader, (session) => session.fetch({ topic: NAME, partition: 0, offset: 0n, maxRecords: 10, maxBytes: 1_000_000, maxWaitMs: 0 }, { deadline: Date.now() + 500 }));
      for (let i = 0; i < 8 && (await throttledUntil(reader)) === 0; i++) expect(await codeOf(fetch())).toMatch(/resolved|THROTTLED/);
      expect(await throttledUntil(reader)).toBeGreaterThan(Date.now() - 1_000);
      // What has to wait longer than it may says so, and does not call it a fault of the broker.
      expect(await codeOf(fetch())).toBe('THROTTLED');
      const consumer = sessions.openConsumer(reader, 'main', { groupId: 'none', reset: 'earliest' });
      try {
        await consumer.assign(reader, [{ topic: NAME, partition: 0 }]);
        await consumer.seek(reader, [{ topic: NAME, partition: 0, offset: 0n }]);
        for (let i = 0; i < 8 && consumer.throttledUntil() === 0; i++) await codeOf(consumer.poll(reader, { maxRecords: 10, maxBytes: 1_000_000, maxWaitMs: 100 }, { deadline: Date.now() + 500 }));
        expect(consumer.throttledUntil()).toBeGreaterThan(0);
      } finally {
        await consumer.close();
      }
    });
  });
};
