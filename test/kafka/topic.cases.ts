import { describe, expect, it } from 'vitest';
import type { CreatedTopic, KafkaCaller, NewTopic } from '@postern/kafka';
import type { Contract } from './contract.setup.ts';
import { testCaller } from './test-caller.ts';
import { codeOf, outcomes, record } from './test-sessions.ts';

export const registerTopicCases = ({ sessions, stack, topic }: Contract): void => {
  const alice = testCaller(stack, 'alice');
  const create = (over: Partial<NewTopic> & { name: string }, caller: KafkaCaller = alice): Promise<CreatedTopic> =>
    sessions.as(caller, (session) => session.createTopic({ partitions: 1, replicationFactor: 1, configs: new Map(), ...over }));

  describe('creating topics', () => {
    it('makes a topic that can be used at once, also when it was just found missing', async () => {
      const name = topic('made-used');
      expect(outcomes(await sessions.produce(alice, [record(name, 'early')]))).toEqual(['UNKNOWN_TOPIC']);
      expect(await create({ name, partitions: 3, configs: new Map([['cleanup.policy', 'compact']]) })).toEqual({ name, partitions: 3, replicationFactor: 1 });
      expect(outcomes(await sessions.produce(alice, [0, 1, 2].map((partition) => record(name, 'x', { partition, key: Buffer.from('k') }))))).toEqual(['stored', 'stored', 'stored']);
      const run = await stack.kafka.tool('topics', ['--describe', '--topic', name]);
      expect(run.stdout).toContain('cleanup.policy=compact');
    });

    it('leaves to the broker what is not said', async () => {
      expect(await create({ name: topic('made-default'), partitions: null, replicationFactor: null })).toEqual({ name: topic('made-default'), partitions: 1, replicationFactor: 1 });
    });

    it('places replicas as told', async () => {
      const name = topic('made-placed');
      expect(await create({ name, partitions: null, replicationFactor: null, assignments: new Map([[0, [1]], [1, [1]]]) })).toEqual({ name, partitions: 2, replicationFactor: 1 });
    });

    it('lets exactly one of two creates at once succeed', async () => {
      const name = topic('made-twice');
      const codes = await Promise.all(Array.from({ length: 4 }, () => codeOf(create({ name }))));
      expect(codes.toSorted()).toEqual(['TOPIC_ALREADY_EXISTS', 'TOPIC_ALREADY_EXISTS', 'TOPIC_ALREADY_EXISTS', 'resolved']);
    });

    it('only checks when asked to', async () => {
      const name = topic('made-checked');
      expect(await create({ name, partitions: 2, validateOnly: true })).toMatchObject({ name, partitions: 2 });
      expect(await codeOf(sessions.as(alice, (session) => session.describeTopic(name)))).toBe('UNKNOWN_TOPIC');
      expect(await codeOf(create({ name: topic('made-twice'), validateOnly: true }))).toBe('TOPIC_ALREADY_EXISTS');
    });

    it.each([
      ['a setting that Kafka does not know', { configs: new Map([['no.such.setting', '1']]) }, 'INVALID_CONFIG', /no\.such\.setting/],
      ['a bad value', { configs: new Map([['retention.ms', 'soon']]) }, 'INVALID_CONFIG', /retention\.ms/],
      ['more replicas than brokers', { replicationFactor: 3 }, 'INVALID_REPLICATION_FACTOR', /replication/i],
      ['no partitions', { partitions: 0 }, 'INVALID_PARTITIONS', /partitions/i],
      ['an unknown broker', { partitions: null, replicationFactor: null, assignments: new Map([[0, [77]]]) }, 'INVALID_REPLICA_ASSIGNMENT', /77/],
    ])("says in the broker's words what is wrong with %s", async (_case, over, code, text) => {
      const failure = await create({ name: topic('made-wrong'), ...over }).catch((error: unknown) => error);
      expect(failure).toMatchObject({ name: 'KafkaError', code, detail: { resource: topic('made-wrong'), brokerText: expect.stringMatching(text) } });
    });

    it('refuses whom Kafka refuses, and what the topic rule refuses', async () => {
      expect(await codeOf(create({ name: topic('unlisted') }))).toBe('TOPIC_AUTHORIZATION_FAILED');
      const ruled = testCaller(stack, 'alice', { topics: { admits: (_name, operation) => operation !== 'create' } });
      expect(await codeOf(create({ name: topic('made-ruled') }, ruled))).toBe('TOPIC_RULE_DENIED');
    });
  });
};
