import { describe, expect, it } from 'vitest';
import { KafkaError } from '../errors/kafka-error.js';
import type { TopicRule } from './kafka-credential.js';
import { LeasedSession, type SessionWork } from './leased.session.js';
import type { ProduceRecord } from './session.port.js';

const record = (topic: string): ProduceRecord => ({ topic, partition: null, key: null, value: null });

const leased = (rule: TopicRule) => {
  const sent: string[] = [];
  const known = (name: string) => ({ kind: 'known' as const, name, internal: name.startsWith('__'), partitions: new Map(), at: 0 });
  const work: SessionWork = {
    clusterId: 'main',
    produce: async (records) => {
      sent.push(...records.map(({ topic }) => topic));
      return records.map(({ topic }) => ({ kind: 'stored', partition: topic.length, offset: 0n, timestamp: null }));
    },
    describeTopic: async (name) => (name === 'gone' ? { kind: 'failed', name, error: new KafkaError('UNKNOWN_TOPIC', { resource: name }), at: 0 } : known(name)),
    listTopics: async () => ({ brokers: [], topics: [known('b'), known('a'), known('__offsets'), { kind: 'failed', name: 'x', error: new KafkaError('BROKER_OTHER'), at: 0 }] }),
    describeBrokers: async () => [],
    fetch: async ({ offset }) => ({ records: [], nextOffset: offset, endOffset: offset }),
    offsets: async (_topic, partitions) => new Map(partitions.map((partition) => [partition, 0n])),
    createTopic: async ({ name }) => ({ name, partitions: 1, replicationFactor: 1 }),
    wiring: {} as never,
    topicConfigs: async () => {
      throw new TypeError('a bug');
    },
  };
  return { sent, session: new LeasedSession(work, rule, () => 1) };
};

describe('a leased session', () => {
  it('asks the topic rule for every record, sends only what it admits, and keeps the order of results', async () => {
    const { sent, session } = leased({ admits: (topic, operation) => operation === 'write' && topic !== 'no' });
    const results = await session.produce([record('no'), record('a'), record('bad topic'), record('bb'), record('no')]);
    expect(results.map((result) => (result.kind === 'stored' ? result.partition : result.error.code))).toEqual(['TOPIC_RULE_DENIED', 1, 'INVALID_TOPIC', 2, 'TOPIC_RULE_DENIED']);
    expect(sent).toEqual(['a', 'bb']);
  });

  it('filters lists by the rule and sorts them', async () => {
    const { session } = leased({ admits: (topic) => topic !== 'b' });
    expect(await session.listTopics()).toEqual([
      { name: '__offsets', internal: true },
      { name: 'a', internal: false },
    ]);
  });

  it.each([
    ['denied by the rule', 'no', 'TOPIC_RULE_DENIED'],
    ['not there', 'gone', 'UNKNOWN_TOPIC'],
    ['not a name', '..', 'INVALID_TOPIC'],
    ['too long a name', 'x'.repeat(250), 'INVALID_TOPIC'],
  ])('throws for a topic that is %s', async (_case, topic, code) => {
    const { session } = leased({ admits: (name) => name !== 'no' });
    await expect(session.describeTopic(topic)).rejects.toMatchObject({ code });
  });

  it.each([
    ['a fetch', 'read', (session: LeasedSession, topic: string) => session.fetch({ topic, partition: 0, offset: 0n, maxRecords: 1, maxBytes: 1, maxWaitMs: 0 })],
    ['offsets', 'describe', (session: LeasedSession, topic: string) => session.offsets(topic, [0], 'latest')],
    ['a new topic', 'create', (session: LeasedSession, topic: string) => session.createTopic({ name: topic, partitions: 1, replicationFactor: 1, configs: new Map() })],
  ] as const)('asks the rule of %s for "%s"', async (_case, needed, use) => {
    const { session } = leased({ admits: (name, operation) => name === 'yes' && operation === needed });
    await expect(use(session, 'yes')).resolves.toBeDefined();
    await expect(use(session, 'no')).rejects.toMatchObject({ code: 'TOPIC_RULE_DENIED' });
    await expect(use(session, 'not a topic')).rejects.toMatchObject({ code: 'INVALID_TOPIC' });
  });

  it('turns whatever is thrown below into a KafkaError', async () => {
    const { session } = leased({ admits: () => true });
    await expect(session.topicConfigs('a')).rejects.toMatchObject({ name: 'KafkaError', code: 'INTERNAL' });
  });
});
