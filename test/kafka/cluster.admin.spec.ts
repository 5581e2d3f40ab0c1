import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KafkaAdmin } from '@postern/kafka';
import { startKafkaCluster, type KafkaCluster } from '../../stack/src/index.ts';
import { stack } from '../setup/stack.ts';
import { told } from './admin/operator.ts';
import { testCaller } from './test-caller.ts';
import { clusterOf, record, testSessions, type TestSessions } from './test-sessions.ts';

const TRANSPORTS = ['platformatic', 'kafkajs'] as const;

/** What needs more than one broker: moves, elections, and what only one of several brokers can tell. */
describe.each(TRANSPORTS)('administration of three brokers over %s', (transport) => {
  const servers = stack();
  const operator = testCaller(servers, 'operator');
  let kafka: KafkaCluster;
  let sessions: TestSessions;
  const as = <T>(use: (admin: KafkaAdmin) => Promise<T>): Promise<T> => sessions.as(operator, (session) => use(session.admin));
  const replicasOf = async (topic: string): Promise<readonly number[]> => {
    const [found] = await as((admin) => admin.topics.describe([topic]));
    return found?.kind === 'done' ? (found.partitions[0]?.replicas ?? []) : [];
  };
  const leaderOf = async (topic: string): Promise<number> => {
    const [found] = await as((admin) => admin.topics.describe([topic]));
    return found?.kind === 'done' ? (found.partitions[0]?.leader ?? -1) : -1;
  };

  beforeAll(async () => {
    const trusts = [{ listener: 'minted', jwksFile: servers.minted.jwksFile, issuer: servers.minted.issuer, audience: servers.minted.audience, principalClaim: 'sub' }];
    kafka = await startKafkaCluster({ runDir: mkdtempSync(join(servers.runDir, 'cluster-')), certificates: servers.certificates, trusts, lifetime: 'parent' });
    await kafka.addAcls(
      { principal: 'operator', resource: 'cluster', operations: ['all'] },
      { principal: 'operator', resource: 'topic', operations: ['all'] },
      { principal: 'operator', resource: 'group', operations: ['all'] },
    );
    sessions = testSessions(clusterOf(servers, transport, kafka));
  });
  afterAll(async () => {
    await sessions.close();
    await kafka.stop();
  });

  it('asks each broker for its own settings and disks', async () => {
    const configs = await as((admin) => admin.configs.describe([1, 2, 3].map((id) => ({ type: 'broker', id }) as const)));
    expect(configs.map((one) => (one.kind === 'done' ? one.configs.find(({ name }) => name === 'node.id')?.value : one.error.code))).toEqual(['1', '2', '3']);
    const disks = await as((admin) => admin.cluster.logDirectories(null));
    expect(disks.map((one) => [one.brokerId, one.kind === 'done' ? one.directories.length : one.error.code])).toEqual([[1, 1], [2, 1], [3, 1]]);
    expect(told(await as((admin) => admin.configs.alter([{ resource: { type: 'broker', id: 2 }, changes: [{ name: 'log.cleaner.threads', operation: 'SET', value: '2' }] }])))).toEqual(['done']);
  });

  it('describes all brokers of the cluster, and lists groups of every coordinator', async () => {
    const cluster = await as((admin) => admin.cluster.describe());
    expect(cluster.brokers.map(({ id }) => id)).toEqual([1, 2, 3]);
    expect(cluster.clusterId).toBe(kafka.clusterId);
    await kafka.createTopics({ name: 'grouped', partitions: 3, replicas: 3 });
    await sessions.produce(operator, [0, 1, 2].map((partition) => record('grouped', 'x', { partition })));
    expect(told(await as((admin) => admin.groups.alterOffsets('made by hand', [0, 1, 2].map((partition) => ({ topic: 'grouped', partition, offset: 0n })))))).toEqual(['done', 'done', 'done']);
    expect(await as((admin) => admin.groups.list())).toMatchObject([{ groupId: 'made by hand', state: 'Empty' }]);
    expect((await as((admin) => admin.groups.lags('made by hand'))).map((one) => (one.kind === 'done' ? [one.lag, one.member] : one.error.code))).toEqual([[1n, null], [1n, null], [1n, null]]);
  });

  it('moves a partition to other brokers, and lists and takes back a move that runs', async () => {
    expect(await sessions.as(operator, (session) => session.createTopic({ name: 'moved', partitions: null, replicationFactor: null, configs: new Map(), assignments: new Map([[0, [1]]]) }))).toEqual({ name: 'moved', partitions: 1, replicationFactor: 1 });
    expect(told(await as((admin) => admin.partitions.reassign([{ topic: 'moved', partition: 0, replicas: [2, 3] }])))).toEqual(['done']);
    await expect.poll(() => replicasOf('moved'), { timeout: 10_000 }).toEqual([2, 3]);
    expect(await as((admin) => admin.partitions.reassignments(['moved']))).toEqual([]);
    // A move to a broker that is away cannot end, so that it can be seen and taken back. Killed, not frozen: brokers would go on
    // asking a frozen controller for 30 s.
    const away = kafka.nodes.get(1);
    await away?.kill();
    try {
      await expect.poll(async () => told(await as((admin) => admin.partitions.reassign([{ topic: 'moved', partition: 0, replicas: [2, 3, 1] }], { deadline: Date.now() + 4_000 })).catch((error: { code: string }) => [{ kind: 'failed' as const, error }])), { timeout: 15_000 }).toEqual(['done']);
      await expect.poll(() => as((admin) => admin.partitions.reassignments(null)), { timeout: 10_000 }).toMatchObject([{ topic: 'moved', partition: 0, adding: [1], removing: [] }]);
      expect(told(await as((admin) => admin.partitions.reassign([{ topic: 'moved', partition: 0, replicas: null }])))).toEqual(['done']);
      expect(await as((admin) => admin.partitions.reassignments(null))).toEqual([]);
      expect(told(await as((admin) => admin.partitions.reassign([{ topic: 'moved', partition: 0, replicas: null }])))).toEqual(['UNKNOWN_RESOURCE']);
    } finally {
      await away?.restart();
    }
    await kafka.whole('moved');
  }, 90_000);

  it('gives the lead back to the preferred replica', async () => {
    await sessions.as(operator, (session) => session.createTopic({ name: 'led', partitions: null, replicationFactor: null, configs: new Map(), assignments: new Map([[0, [3, 1, 2]]]) }));
    await expect.poll(() => leaderOf('led')).toBe(3);
    await kafka.nodes.get(3)?.stop();
    await expect.poll(() => leaderOf('led'), { timeout: 10_000 }).toBeOneOf([1, 2]);
    await kafka.nodes.get(3)?.restart();
    await kafka.whole('led');
    expect(await as((admin) => admin.partitions.electLeaders('PREFERRED', [{ topic: 'led', partition: 0 }]))).toEqual([{ topic: 'led', partition: 0, kind: 'done', elected: true }]);
    await expect.poll(() => leaderOf('led')).toBe(3);
    expect(await as((admin) => admin.partitions.electLeaders('PREFERRED', [{ topic: 'led', partition: 0 }]))).toEqual([{ topic: 'led', partition: 0, kind: 'done', elected: false }]);
  }, 60_000);
});
