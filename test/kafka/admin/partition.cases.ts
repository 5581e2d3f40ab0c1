import { beforeAll, describe, expect, it } from 'vitest';
import type { Contract } from '../contract.setup.ts';
import { endOffsets } from '../../setup/read-topic.ts';
import { codeOf, record } from '../test-sessions.ts';
import { administrators, told, words } from './operator.ts';

/** What one broker can show of partitions; moving and electing need three (cluster.admin.spec.ts). */
export const registerPartitionAdminCases = (contract: Contract): void => {
  const { sessions, stack, topic } = contract;
  const { as, nobody, operator, prepare, ruled } = administrators(contract);
  const NAME = topic('adm-records');
  const HIDDEN = topic('adm-hidden-records');

  describe('administration of partitions', () => {
    beforeAll(async () => {
      await prepare();
      await stack.kafka.createTopics({ name: NAME, partitions: 2 }, { name: HIDDEN });
      await sessions.produce(operator, Array.from({ length: 10 }, (_, i) => record(NAME, `${i}`, { partition: 0 })));
    });

    it('deletes records below an offset, or all, each partition with its own outcome', async () => {
      const wishes = [
        { topic: NAME, partition: 0, before: 4n },
        { topic: NAME, partition: 1, before: 5n },
        { topic: NAME, partition: 99, before: 1n },
        { topic: topic('adm-missing'), partition: 0, before: 1n },
        { topic: topic('closed'), partition: 0, before: 1n },
        { topic: HIDDEN, partition: 0, before: 'end' as const },
      ];
      const results = await as((admin) => admin.partitions.deleteRecords(wishes), ruled);
      expect(results.map(({ topic: name, partition }) => [name, partition])).toEqual(wishes.map(({ topic: name, partition }) => [name, partition]));
      expect(told(results)).toEqual(['done', 'OFFSET_OUT_OF_RANGE', 'UNKNOWN_PARTITION', 'UNKNOWN_TOPIC', 'TOPIC_AUTHORIZATION_FAILED', 'TOPIC_RULE_DENIED']);
      expect(results[0]).toMatchObject({ start: 4n });
      const first = await sessions.as(operator, (session) => session.offsets(NAME, [0], 'earliest'));
      expect(first.get(0)).toBe(4n);
      expect(await as((admin) => admin.partitions.deleteRecords([{ topic: NAME, partition: 0, before: 'end' }]))).toEqual([{ topic: NAME, partition: 0, kind: 'done', start: 10n }]);
      expect((await endOffsets(stack.kafka, NAME)).get(0)).toBe(10n);
    });

    it('says in the broker’s words why a partition cannot be moved', async () => {
      const wishes = [
        { topic: NAME, partition: 0, replicas: [77] },
        { topic: NAME, partition: 1, replicas: null },
        { topic: topic('adm-missing'), partition: 0, replicas: [1] },
        { topic: HIDDEN, partition: 0, replicas: [1] },
      ];
      const results = await as((admin) => admin.partitions.reassign(wishes), ruled);
      expect(told(results)).toEqual(['INVALID_REPLICA_ASSIGNMENT', 'UNKNOWN_RESOURCE', 'UNKNOWN_PARTITION', 'TOPIC_RULE_DENIED']);
      expect(words(results)[0]).toMatch(/77/);
      expect(await as((admin) => admin.partitions.reassignments(null))).toEqual([]);
    });

    it('tells an election that was not needed from one that cannot be', async () => {
      const asked = [{ topic: NAME, partition: 0 }, { topic: NAME, partition: 99 }, { topic: HIDDEN, partition: 0 }];
      const results = await as((admin) => admin.partitions.electLeaders('PREFERRED', asked), ruled);
      expect(told(results)).toEqual(['done', 'UNKNOWN_PARTITION', 'TOPIC_RULE_DENIED']);
      expect(results[0]).toMatchObject({ elected: false });
    });

    it('refuses whom Kafka refuses', async () => {
      expect(told(await as((admin) => admin.partitions.deleteRecords([{ topic: NAME, partition: 0, before: 'end' }]), nobody))).toEqual(['TOPIC_AUTHORIZATION_FAILED']);
      expect(await codeOf(as((admin) => admin.partitions.reassign([{ topic: NAME, partition: 0, replicas: [1] }]), nobody))).toBe('CLUSTER_AUTHORIZATION_FAILED');
      expect(await codeOf(as((admin) => admin.partitions.reassignments(null), nobody))).toBe('CLUSTER_AUTHORIZATION_FAILED');
      expect(await codeOf(as((admin) => admin.partitions.electLeaders('PREFERRED', [{ topic: NAME, partition: 0 }]), nobody))).toBe('CLUSTER_AUTHORIZATION_FAILED');
    });
  });
};
