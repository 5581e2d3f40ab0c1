import { describe, expect, it } from 'vitest';
import { topicRefusal, ruleRefusal } from '../topic.refusal.js';
import type { TopicOperation, TopicRule } from '../kafka-credential.js';
import { nodeTimers } from '../../protocol/deadline.js';
import type { AdminCall } from '../../protocol/admin.call.js';
import type { AclBinding } from './acls.admin.port.js';
import type { KafkaAdmin } from './admin.port.js';
import { leasedAdmin } from './leased.admin.js';

const asked = async (): Promise<never> => {
  throw new Error('a broker was asked');
};

/** Administration with a rule, and with no broker that anything could reach. */
const administration = (rule: TopicRule): { admin: KafkaAdmin; operations: TopicOperation[] } => {
  const operations: TopicOperation[] = [];
  const told: TopicRule = { ...rule, admits: (topic, operation) => (operations.push(operation), rule.admits(topic, operation)) };
  const call = {
    connections: { toAny: asked, toNode: asked },
    metadata: { ask: asked, lookup: asked, fresh: asked, peek: () => undefined, forget: () => undefined },
    clock: { now: () => 0 },
    timers: nodeTimers,
    deadline: 1_000,
    refusal: (topic: string, operation: TopicOperation) => topicRefusal(told, topic, operation),
    ruled: (name: string, operation: TopicOperation) => ruleRefusal(told, name, operation),
  } as unknown as AdminCall;
  return { operations, admin: leasedAdmin((_options, run) => run(call)) };
};

const SECRET = 'secret';
const binding: AclBinding = { resourceType: 'TOPIC', resourceName: SECRET, patternType: 'LITERAL', principal: 'User:bob', host: '*', operation: 'READ', permission: 'ALLOW' };

/** Every use that names topics, and what it asks of the rule. Lists without names are filtered: shown against real brokers. */
const USES: readonly [string, TopicOperation, (admin: KafkaAdmin, topic: string) => Promise<readonly unknown[]>][] = [
  ['topics.describe', 'describe', (admin, topic) => admin.topics.describe([topic])],
  ['topics.delete', 'delete', (admin, topic) => admin.topics.delete([topic])],
  ['topics.createPartitions', 'alter', (admin, topic) => admin.topics.createPartitions([{ topic, count: 3 }])],
  ['configs.describe', 'describe-configs', (admin, topic) => admin.configs.describe([{ type: 'topic', name: topic }])],
  ['configs.alter', 'alter-configs', (admin, topic) => admin.configs.alter([{ resource: { type: 'topic', name: topic }, changes: [] }])],
  ['acls.create', 'alter', (admin, topic) => admin.acls.create([{ ...binding, resourceName: topic }])],
  ['groups.alterOffsets', 'read', (admin, topic) => admin.groups.alterOffsets('g', [{ topic, partition: 0, offset: 1n }])],
  ['groups.deleteOffsets', 'read', (admin, topic) => admin.groups.deleteOffsets('g', [{ topic, partition: 0 }])],
  ['partitions.reassign', 'alter', (admin, topic) => admin.partitions.reassign([{ topic, partition: 0, replicas: [1] }])],
  ['partitions.deleteRecords', 'delete', (admin, topic) => admin.partitions.deleteRecords([{ topic, partition: 0, before: 'end' }])],
  ['partitions.electLeaders', 'alter', (admin, topic) => admin.partitions.electLeaders('PREFERRED', [{ topic, partition: 0 }])],
];

describe('administration under a topic rule', () => {
  it.each(USES)('%s asks the rule of %s, and no broker when it refuses', async (_use, needed, use) => {
    const { admin, operations } = administration({ admits: () => false, refusedBy: (topic) => `no-${topic}` });
    expect(await use(admin, SECRET)).toEqual([expect.objectContaining({ kind: 'failed', error: expect.objectContaining({ code: 'TOPIC_RULE_DENIED', detail: { resource: SECRET, refusedBy: 'no-secret' } }) })]);
    expect(operations).toEqual([needed]);
  });

  it.each(USES.filter(([use]) => use !== 'acls.create'))('%s asks nobody about what is no topic name', async (_use, _needed, use) => {
    const { admin } = administration({ admits: () => true });
    expect(await use(admin, 'not a topic')).toEqual([expect.objectContaining({ error: expect.objectContaining({ code: 'INVALID_TOPIC' }) })]);
  });

  it.each(USES)('%s goes to the brokers with what the rule admits', async (_use, _needed, use) => {
    const { admin } = administration({ admits: () => true });
    await expect(use(admin, SECRET)).rejects.toThrow('a broker was asked');
  });

  it('refuses a listing of reassignments by a refused name', async () => {
    const { admin } = administration({ admits: () => false });
    await expect(admin.partitions.reassignments([SECRET])).rejects.toMatchObject({ code: 'TOPIC_RULE_DENIED' });
  });

  it.each(['*', 'sec'])('puts a rule for the pattern %s to the topic rule as it stands', async (resourceName) => {
    const { admin } = administration({ admits: (name) => name === 'open' });
    expect(await admin.acls.create([{ ...binding, resourceName, patternType: 'PREFIXED' }])).toMatchObject([{ kind: 'failed', error: { code: 'TOPIC_RULE_DENIED' } }]);
  });
});
