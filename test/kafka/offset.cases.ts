import { describe, expect, it } from 'vitest';
import type { KafkaCaller, OffsetQuery } from '@postern/kafka';
import type { Contract } from './contract.setup.ts';
import { testCaller } from './test-caller.ts';
import { codeOf, record } from './test-sessions.ts';

export const registerOffsetCases = ({ sessions, stack, topic }: Contract): void => {
  const alice = testCaller(stack, 'alice');
  const offsets = (name: string, partitions: readonly number[], at: OffsetQuery, caller: KafkaCaller = alice): Promise<ReadonlyMap<number, bigint | null>> =>
    sessions.as(caller, (session) => session.offsets(topic(name), partitions, at));

  describe('offsets', () => {
    it('gives the ends of several partitions, each by its own number', async () => {
      const before = await offsets('open', [5, 0, 5], 'latest');
      expect(new Set(before.keys())).toEqual(new Set([0, 5]));
      await sessions.produce(alice, [record(topic('open'), 'x', { partition: 5 })]);
      expect(await offsets('open', [0, 5], 'latest')).toEqual(new Map([[0, before.get(0)], [5, (before.get(5) ?? 0n) + 1n]]));
      expect(await offsets('open', [0, 5], 'earliest')).toEqual(new Map([[0, 0n], [5, 0n]]));
    });

    it('finds the first record at or after a time, and nothing after the last', async () => {
      const base = 1_600_000_000_000;
      await stack.kafka.createTopics({ name: topic('times') });
      await stack.kafka.addAcls({ principal: 'alice', resource: 'topic', name: topic('times'), operations: ['write', 'describe'] });
      for (const timestamp of [base, base + 1_000, base + 2_000]) await sessions.produce(alice, [record(topic('times'), 'x', { timestamp })]);
      const at = async (timestamp: number): Promise<bigint | null | undefined> => (await offsets('times', [0], { timestamp })).get(0);
      expect([await at(0), await at(base), await at(base + 1), await at(base + 2_000), await at(base + 2_001)]).toEqual([0n, 0n, 1n, 2n, null]);
    });

    it.each([
      ['a partition that is not there', 'open', [0, 99], 'UNKNOWN_PARTITION'],
      ['a missing topic', 'new-missing', [0], 'UNKNOWN_TOPIC'],
      ['a forbidden topic', 'closed', [0], 'TOPIC_AUTHORIZATION_FAILED'],
    ] as const)('refuses %s', async (_case, name, partitions, code) => {
      expect(await codeOf(offsets(name, partitions, 'latest'))).toBe(code);
    });

    it('refuses what the topic rule refuses', async () => {
      const ruled = testCaller(stack, 'alice', { topics: { admits: (_name, operation) => operation !== 'describe' } });
      expect(await codeOf(offsets('open', [0], 'latest', ruled))).toBe('TOPIC_RULE_DENIED');
    });
  });
};
