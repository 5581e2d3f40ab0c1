import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startKafkaCluster, type KafkaCluster } from '../../stack/src/index.ts';
import { readTopic } from '../setup/read-topic.ts';
import { stack } from '../setup/stack.ts';
import { NO_UNTRUTHS, expectAllGiven, expectReadOnce, untruths } from './ground-truth.ts';
import { steadyConsumer, steadyLoad, steadyReader, type Attempt, type SteadyConsumer, type SteadyLoad, type SteadyReader } from './steady-load.ts';
import { testCaller } from './test-caller.ts';
import { clusterOf, outcomes, record, testSessions, type TestSessions } from './test-sessions.ts';

const TRANSPORTS = ['platformatic', 'kafkajs'] as const;
const TOPIC = 'orders';
const PARTITIONS = 6;
const DEADLINE_MS = 2_000;
/** Their tokens end several times while brokers die and freeze. */
const LIFE_MS = 10_000;

const wait = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

describe('a cluster of three brokers, written to by both transports all the time with tokens of ten seconds', () => {
  const servers = stack();
  const alice = testCaller(servers, 'alice', { lifeMs: LIFE_MS });
  const startedAt = Date.now();
  let kafka: KafkaCluster;
  const sessions = new Map<string, TestSessions>();
  const loads = new Map<string, SteadyLoad>();
  const readers = new Map<string, SteadyReader>();
  const consumers = new Map<string, SteadyConsumer>();

  const leaders = async (): Promise<number[]> => {
    const topic = await [...sessions.values()][0]?.as(alice, (session) => session.describeTopic(TOPIC));
    return topic?.partitions.map(({ leader }) => leader) ?? [];
  };
  /** Every transport has stored to every partition since `since`. */
  const storesEverywhere = (since: number): boolean =>
    [...loads.values()].every(({ attempts }) => Array.from({ length: PARTITIONS }, (_, partition) => partition).every((partition) => attempts.some((one) => one.partition === partition && one.at >= since && one.outcome === 'stored')));
  const recovered = async (since: number, withinMs: number): Promise<void> => {
    await expect.poll(() => storesEverywhere(since), { timeout: withinMs, interval: 50 }).toBe(true);
  };

  beforeAll(async () => {
    const trusts = [{ listener: 'minted', jwksFile: servers.minted.jwksFile, issuer: servers.minted.issuer, audience: servers.minted.audience, principalClaim: 'sub' }];
    kafka = await startKafkaCluster({ runDir: mkdtempSync(join(servers.runDir, 'cluster-')), certificates: servers.certificates, trusts, lifetime: 'parent' });
    await kafka.createTopics({ name: TOPIC, partitions: PARTITIONS, replicas: 3 });
    await kafka.addAcls({ principal: 'alice', resource: 'topic', name: TOPIC, operations: ['read', 'write', 'describe'] }, { principal: 'alice', resource: 'group', name: 'billing', operations: ['read'] });
    for (const transport of TRANSPORTS) sessions.set(transport, testSessions(clusterOf(servers, transport, kafka)));
  });
  afterAll(async () => {
    await Promise.all([...loads.values(), ...readers.values(), ...consumers.values()].map((one) => one.stop()));
    await Promise.all([...sessions.values()].map((one) => one.close()));
    await kafka.stop();
  });

  it.each(TRANSPORTS)('is written to and read from at the leader of each partition, over %s', async (transport) => {
    expect(new Set(await leaders())).toEqual(new Set([1, 2, 3]));
    const one = sessions.get(transport) as TestSessions;
    const results = await one.produce(alice, Array.from({ length: PARTITIONS }, (_, partition) => record(TOPIC, `${transport}/first/${partition}`, { partition })));
    expect(outcomes(results)).toEqual(Array.from({ length: PARTITIONS }, () => 'stored'));
    for (const [partition, result] of results.entries()) {
      if (result.kind !== 'stored') continue;
      const { records } = await one.as(alice, (session) => session.fetch({ topic: TOPIC, partition, offset: result.offset, maxRecords: 1, maxBytes: 1_000, maxWaitMs: 1_000 }));
      expect(records.map(({ value }) => value?.toString())).toEqual([`${transport}/first/${partition}`]);
    }
    const ends = await one.as(alice, (session) => session.offsets(TOPIC, [0, 1, 2, 3, 4, 5], 'latest'));
    expect(ends.size).toBe(PARTITIONS);
    loads.set(transport, steadyLoad(one, alice, { topic: TOPIC, partitions: PARTITIONS, deadlineMs: DEADLINE_MS, name: transport }));
    // Both transports are members of one group.
    const consumer = one.openConsumer(alice, 'main', { groupId: 'billing', reset: 'earliest', sessionTimeoutMs: 6_000, heartbeatMs: 500 });
    consumers.set(transport, steadyConsumer(consumer, alice, TOPIC, DEADLINE_MS));
    readers.set(transport, steadyReader(one, alice, TOPIC, 0, DEADLINE_MS));
  });

  it.each([
    ['goes in order (a rolling restart)', async (id: number) => kafka.nodes.get(id)?.stop(), async (id: number) => kafka.nodes.get(id)?.restart(), 6_000],
    ['dies (SIGKILL)', async (id: number) => kafka.nodes.get(id)?.kill(), async (id: number) => kafka.nodes.get(id)?.restart(), 12_000],
    ['freezes (SIGSTOP)', async (id: number) => kafka.nodes.get(id)?.freeze(), async (id: number) => kafka.nodes.get(id)?.thaw(), 15_000],
  ])('stores on every partition again when a leader %s, without a restart of ours', async (_case, fail, mend, withinMs) => {
    const [leader = 1] = await leaders();
    const failedAt = Date.now();
    await fail(leader);
    await recovered(failedAt + 500, withinMs);
    expect(await leaders()).not.toContain(leader);
    await mend(leader);
    await kafka.whole(TOPIC);
    await recovered(Date.now(), 3_000);
  }, 60_000);

  it('has every acknowledged record exactly once where it was acknowledged, none that was refused, and answered in time', async () => {
    await wait(500);
    const attempts: Attempt[] = (await Promise.all([...loads.values()].map((load) => load.stop()))).flat();
    expect(attempts.filter(({ tookMs }) => tookMs > DEADLINE_MS + 500)).toEqual([]);
    expect(attempts.filter(({ outcome }) => outcome === 'stored').length).toBeGreaterThan(1_000);
    const log = await readTopic(kafka, TOPIC);
    expect(untruths(attempts, log)).toEqual(NO_UNTRUTHS);
    await expectReadOnce(readers.values(), log);
    await expectAllGiven([...consumers.values()], log);
    for (const consumer of consumers.values()) expect(consumer.given()).toBeGreaterThan(0);
    // One token after the other, and no leader is refused one: the faults lasted for several lives.
    expect(alice.fetched()).toBeGreaterThanOrEqual(Math.floor((Date.now() - startedAt) / LIFE_MS));
    for (const one of sessions.values()) expect(one.notices.filter(({ kind }) => kind.endsWith('token-refused'))).toEqual([]);
  }, 60_000);
});
