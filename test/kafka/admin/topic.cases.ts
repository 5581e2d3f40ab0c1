import { beforeAll, describe, expect, it } from 'vitest';
import type { Contract } from '../contract.setup.ts';
import { outcomes, record } from '../test-sessions.ts';
import { administrators, told, words } from './operator.ts';

export const registerTopicAdminCases = (contract: Contract): void => {
  const { sessions, stack, topic } = contract;
  const { as, nobody, operator, prepare, ruled } = administrators(contract);
  const grow = (name: string, count: number, more: { assignments?: readonly (readonly number[])[] } = {}) => ({ topic: topic(name), count, ...more });

  describe('administration of topics', () => {
    beforeAll(async () => {
      await prepare();
      await stack.kafka.createTopics({ name: topic('adm-one'), partitions: 2 }, { name: topic('adm-two') }, { name: topic('adm-hidden') }, { name: topic('adm-doomed') }, { name: topic('adm-grown') });
    });

    it('describes topics with ids, replicas and rights, each with its own outcome', async () => {
      const asked = [topic('adm-one'), topic('closed'), topic('adm-missing'), 'no topic', topic('adm-one')];
      const found = await as((admin) => admin.topics.describe(asked));
      expect(found.map((one) => one.topic)).toEqual(asked);
      expect(told(found)).toEqual(['done', 'TOPIC_AUTHORIZATION_FAILED', 'UNKNOWN_TOPIC', 'INVALID_TOPIC', 'done']);
      expect(found[0]).toMatchObject({
        topicId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        internal: false,
        partitions: [0, 1].map((partition) => ({ partition, leader: 1, leaderEpoch: 0, replicas: [1], inSync: [1], offline: [] })),
        authorizedOperations: expect.arrayContaining(['READ', 'WRITE', 'DELETE', 'ALTER_CONFIGS']),
      });
    });

    it('lists what the caller and the rule let see', async () => {
      const all = await as((admin) => admin.topics.describe(null));
      expect(all.map((one) => one.topic)).toEqual(expect.arrayContaining([topic('adm-hidden'), topic('adm-one')]));
      expect(all.map((one) => one.topic)).not.toContain(topic('closed'));
      expect((await as((admin) => admin.topics.describe(null), ruled)).map((one) => one.topic)).not.toContain(topic('adm-hidden'));
      expect(await as((admin) => admin.topics.describe(null), nobody)).toEqual([]);
    });

    it('adds partitions, to be used at once, and says in the broker’s words what cannot be', async () => {
      const results = await as((admin) => admin.topics.createPartitions([grow('adm-grown', 3), grow('adm-one', 1), grow('adm-missing', 3), grow('closed', 3), grow('adm-two', 2, { assignments: [[77]] })]));
      expect(told(results)).toEqual(['done', 'INVALID_PARTITIONS', 'UNKNOWN_TOPIC', 'TOPIC_AUTHORIZATION_FAILED', 'INVALID_REPLICA_ASSIGNMENT']);
      expect(words(results)[1]).toMatch(/would not be an increase/);
      await expect.poll(async () => outcomes(await sessions.produce(operator, [record(topic('adm-grown'), 'x', { partition: 2 })]))).toEqual(['stored']);
    });

    it('only checks when asked to, and takes assignments', async () => {
      expect(told(await as((admin) => admin.topics.createPartitions([grow('adm-two', 5, { assignments: [[1], [1], [1], [1]] })], { validateOnly: true })))).toEqual(['done']);
      expect(told(await as((admin) => admin.topics.createPartitions([grow('adm-two', 2, { assignments: [[1]] })])))).toEqual(['done']);
      const [two] = await as((admin) => admin.topics.describe([topic('adm-two')]));
      expect(two?.kind === 'done' ? two.partitions.length : 0).toBe(2);
    });

    it('deletes topics, each with its own outcome, and none that the rule hides', async () => {
      const asked = [topic('adm-doomed'), topic('adm-missing'), topic('closed'), topic('adm-hidden')];
      expect(told(await as((admin) => admin.topics.delete(asked), ruled))).toEqual(['done', 'UNKNOWN_TOPIC', 'TOPIC_AUTHORIZATION_FAILED', 'TOPIC_RULE_DENIED']);
      const left = (await stack.kafka.tool('topics', ['--list'])).stdout.split('\n');
      expect(left).toContain(topic('adm-hidden'));
      expect(left).toContain(topic('closed'));
      expect(left).not.toContain(topic('adm-doomed'));
      expect(outcomes(await sessions.produce(operator, [record(topic('adm-doomed'), 'x')]))).toEqual(['UNKNOWN_TOPIC']);
    });

    it('lets exactly one of several deletions of one topic succeed', async () => {
      await stack.kafka.createTopics({ name: topic('adm-twice') });
      const results = await Promise.all(Array.from({ length: 4 }, () => as((admin) => admin.topics.delete([topic('adm-twice')]))));
      expect(results.flatMap(told).toSorted()).toEqual(['UNKNOWN_TOPIC', 'UNKNOWN_TOPIC', 'UNKNOWN_TOPIC', 'done']);
    });
  });
};
