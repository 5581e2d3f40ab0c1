import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startKafkaCluster, type KafkaCluster } from '../../stack/src/index.ts';
import { readTopic } from '../setup/read-topic.ts';
import { stack } from '../setup/stack.ts';
import { NO_UNTRUTHS, expectInOrder, untruths } from './ground-truth.ts';
import { steadyLoad, type Attempt, type SteadyLoad } from './steady-load.ts';
import { testCaller } from './test-caller.ts';
import { clusterOf, testSessions, type TestSessions } from './test-sessions.ts';

const TRANSPORTS = ['platformatic', 'kafkajs'] as const;
const TOPIC = 'once';
const PARTITIONS = 6;
/** Longer than a leader takes to be replaced: nothing needs to end in doubt. */
const DEADLINE_MS = 20_000;

/*
 * The leader ends between a record's sending and its answer, over and over, with a request of each partition and transport under
 * way at every moment. What may have been written is sent again with its sequence; the brokers must know it again.
 */
describe('an idempotent producer on three brokers', () => {
  const servers = stack();
  const alice = testCaller(servers, 'alice');
  let kafka: KafkaCluster;
  const sessions = new Map<string, TestSessions>();
  const loads: SteadyLoad[] = [];

  const leaderOf = async (partition: number): Promise<number> => {
    const topic = await [...sessions.values()][0]?.as(alice, (session) => session.describeTopic(TOPIC));
    return topic?.partitions[partition]?.leader ?? -1;
  };
  const storesEverywhere = (since: number): boolean =>
    loads.every(({ attempts }) => Array.from({ length: PARTITIONS }, (_, partition) => partition).every((partition) => attempts.some((one) => one.partition === partition && one.at >= since && one.outcome === 'stored')));

  beforeAll(async () => {
    const trusts = [{ listener: 'minted', jwksFile: servers.minted.jwksFile, issuer: servers.minted.issuer, audience: servers.minted.audience, principalClaim: 'sub' }];
    kafka = await startKafkaCluster({ runDir: mkdtempSync(join(servers.runDir, 'cluster-')), certificates: servers.certificates, trusts, lifetime: 'parent' });
    await kafka.createTopics({ name: TOPIC, partitions: PARTITIONS, replicas: 3 });
    await kafka.addAcls({ principal: 'alice', resource: 'topic', name: TOPIC, operations: ['write', 'describe'] });
    for (const transport of TRANSPORTS) {
      const one = testSessions(clusterOf(servers, transport, kafka), {}, { idempotence: true, compression: 'lz4' });
      sessions.set(transport, one);
      loads.push(steadyLoad(one, alice, { topic: TOPIC, partitions: PARTITIONS, deadlineMs: DEADLINE_MS, name: transport }));
    }
  });
  afterAll(async () => {
    await Promise.all(loads.map((one) => one.stop()));
    await Promise.all([...sessions.values()].map((one) => one.close()));
    await kafka.stop();
  });

  it('writes to every partition over both transports', async () => {
    await expect.poll(() => storesEverywhere(0), { timeout: 10_000 }).toBe(true);
  });

  it.each([
    ['is killed (SIGKILL)', async (id: number) => kafka.nodes.get(id)?.kill(), async (id: number) => kafka.nodes.get(id)?.restart()],
    ['freezes (SIGSTOP)', async (id: number) => kafka.nodes.get(id)?.freeze(), async (id: number) => kafka.nodes.get(id)?.thaw()],
    ['is killed again', async (id: number) => kafka.nodes.get(id)?.kill(), async (id: number) => kafka.nodes.get(id)?.restart()],
    ['goes in order', async (id: number) => kafka.nodes.get(id)?.stop(), async (id: number) => kafka.nodes.get(id)?.restart()],
  ])('writes on when a leader %s', async (_case, fail, mend) => {
    const leader = await leaderOf(0);
    const failedAt = Date.now();
    await fail(leader);
    await expect.poll(() => storesEverywhere(failedAt + 500), { timeout: 15_000, interval: 50 }).toBe(true);
    await mend(leader);
    await kafka.whole(TOPIC);
  }, 60_000);

  it('has written every record exactly once and in order, and left nobody in doubt', async () => {
    const attempts: Attempt[] = (await Promise.all(loads.map((load) => load.stop()))).flat();
    expect(attempts.filter(({ outcome }) => outcome !== 'stored').map(({ outcome }) => outcome)).toEqual([]);
    expect(attempts.length).toBeGreaterThan(1_000);
    const log = await readTopic(kafka, TOPIC);
    expect(log).toHaveLength(attempts.length);
    expect(untruths(attempts, log)).toEqual(NO_UNTRUTHS);
    for (const transport of TRANSPORTS) expectInOrder(attempts.filter(({ value }) => value.startsWith(transport)), log);
  }, 60_000);
});
