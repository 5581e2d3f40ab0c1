import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sleep, startFaultProxy, startKafkaCluster, type FaultProxy, type Kafka, type KafkaCluster } from '../../stack/src/index.ts';
import { readTopic } from '../setup/read-topic.ts';
import { stack } from '../setup/stack.ts';
import { told } from './admin/operator.ts';
import { faultTable } from './fault-table.ts';
import { NO_UNTRUTHS, UNWRITTEN, expectAllGiven, expectInOrder, expectReadOnce, untruths } from './ground-truth.ts';
import { steadyConsumer, steadyLoad, steadyReader, type Attempt, type SteadyConsumer, type SteadyLoad, type SteadyReader } from './steady-load.ts';
import { testCaller } from './test-caller.ts';
import { clusterOf, codeOf, record, testSessions, type TestSessions } from './test-sessions.ts';

const TRANSPORTS = ['platformatic', 'kafkajs'] as const;
const TOPIC = 'across';
const STRICT = 'strict';
const PARTITIONS = 3;
const DEADLINE_MS = 1_500;
/** How long a fault lasts at least: several deadlines of those whom it concerns. */
const LASTS_MS = 3_000;
/** Their tokens end several times in a run: faults meet renewals. */
const LIFE_MS = 10_000;
/** Written to by idempotent producers with so much patience that nothing needs to end in doubt. */
const ONCE = 'once';
const PATIENT_MS = 40_000;
/** What a member of a group may be told while its coordinator or a leader is away. */
const IN_A_FAULT = [...UNWRITTEN, 'OUTCOME_UNKNOWN', 'ILLEGAL_GROUP_STATE', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER'];

const percentile = (values: readonly number[], part: number): number => values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? 0;
const counted = (attempts: readonly Attempt[]): string => [...Map.groupBy(attempts, ({ outcome }) => outcome)].map(([outcome, own]) => `${own.length} ${outcome}`).join(', ') || 'none';

/*
 * What killing and freezing leaders does stands in cluster.spec.ts and idempotence.cluster.spec.ts; here is what else goes wrong
 * between Postern and three brokers over TLS: their networks, their controller, moves, and a topic that cannot take writes.
 */
describe('three brokers behind networks that fail, written to, read and followed by both transports all the time with tokens of ten seconds', () => {
  const servers = stack();
  const alice = testCaller(servers, 'alice', { lifeMs: LIFE_MS });
  const startedAt = Date.now();
  const operator = testCaller(servers, 'operator');
  const table = faultTable(`Three brokers, TLS, acks all, deadline ${DEADLINE_MS} ms; both transports`, ['fault', 'partitions concerned', 'slowest', 'other partitions', 'p99', 'whole again after']);
  const networks = new Map<number, FaultProxy>();
  const sessions = new Map<string, TestSessions>();
  const loads: SteadyLoad[] = [];
  const patient = new Map<string, { readonly sessions: TestSessions; readonly load: SteadyLoad }>();
  const readers: SteadyReader[] = [];
  const consumers: SteadyConsumer[] = [];
  let kafka: KafkaCluster;

  const as: TestSessions['as'] = (caller, use) => (sessions.get('platformatic') as TestSessions).as(caller, use);
  const leaders = async (topic: string): Promise<number[]> => (await as(alice, (session) => session.describeTopic(topic))).partitions.map(({ leader }) => leader);
  const attempts = (): Attempt[] => loads.flatMap((load) => [...load.attempts]);
  const storesEverywhere = (since: number): boolean =>
    loads.every((load) => Array.from({ length: PARTITIONS }, (_, partition) => partition).every((partition) => load.attempts.some((one) => one.partition === partition && one.at >= since && one.outcome === 'stored')));
  const node = (id: number): Kafka => kafka.nodes.get(id) as Kafka;
  const network = (id: number): FaultProxy => networks.get(id) as FaultProxy;
  /** One partition on each broker, so that a fault of one broker concerns one partition. */
  const spread = async (): Promise<void> => {
    const partitions = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: TOPIC, partition }));
    // Asked again: a replica that has just come back cannot be elected yet.
    const elected = async (): Promise<number[]> => {
      await as(operator, (session) => session.admin.partitions.electLeaders('PREFERRED', partitions, { deadline: Date.now() + 3_000 })).catch(() => null);
      return leaders(TOPIC);
    };
    await expect.poll(elected, { timeout: 20_000, interval: 250 }).toEqual([1, 2, 3]);
    await expect.poll(() => storesEverywhere(Date.now() - 500), { timeout: 10_000 }).toBe(true);
  };
  /** Lets the fault last, mends it, and tells what callers of each partition saw. */
  const suffer = async (what: string, concerned: readonly number[], mend: () => unknown, since = Date.now()): Promise<{ readonly hit: readonly Attempt[]; readonly others: readonly Attempt[] }> => {
    await sleep(LASTS_MS);
    const until = Date.now();
    await mend();
    const mendedAt = Date.now();
    await expect.poll(() => storesEverywhere(mendedAt), { timeout: 15_000, interval: 25 }).toBe(true);
    const wholeMs = Date.now() - mendedAt;
    const during = attempts().filter(({ at }) => at >= since && at < until);
    const hit = during.filter(({ partition }) => concerned.includes(partition));
    const others = during.filter(({ partition }) => !concerned.includes(partition));
    table.row(what, counted(hit), `${Math.max(0, ...hit.map(({ tookMs }) => tookMs))} ms`, counted(others), others.length === 0 ? '' : `${percentile(others.map(({ tookMs }) => tookMs), 0.99)} ms`, `${wholeMs} ms`);
    return { hit, others };
  };

  beforeAll(async () => {
    const trusts = [{ listener: 'minted', jwksFile: servers.minted.jwksFile, issuer: servers.minted.issuer, audience: servers.minted.audience, principalClaim: 'sub' }];
    const inFront = async ({ nodeId, port }: { readonly nodeId: number; readonly port: number }): Promise<number> => {
      networks.set(nodeId, await startFaultProxy(port));
      return network(nodeId).port;
    };
    kafka = await startKafkaCluster({ runDir: mkdtempSync(join(servers.runDir, 'cluster-')), certificates: servers.certificates, trusts, lifetime: 'parent', inFront });
    await kafka.addAcls(
      { principal: 'alice', resource: 'topic', operations: ['read', 'write', 'describe'] },
      { principal: 'alice', resource: 'group', name: 'followers', operations: ['read'] },
      { principal: 'operator', resource: 'cluster', operations: ['all'] },
      { principal: 'operator', resource: 'topic', operations: ['all'] },
    );
    for (const transport of TRANSPORTS) sessions.set(transport, testSessions(clusterOf(servers, transport, kafka)));
    for (const [name, configs] of [[TOPIC, {}], [ONCE, {}], [STRICT, { 'min.insync.replicas': '3' }]] as const) {
      const assignments = new Map([[0, [1, 2, 3]], [1, [2, 3, 1]], [2, [3, 1, 2]]]);
      await as(operator, (session) => session.createTopic({ name, partitions: null, replicationFactor: null, configs: new Map(Object.entries(configs)), assignments }));
      await kafka.whole(name);
    }
    for (const transport of TRANSPORTS) {
      const own = sessions.get(transport) as TestSessions;
      const load = { topic: TOPIC, partitions: PARTITIONS, deadlineMs: DEADLINE_MS, name: transport };
      loads.push(steadyLoad(own, alice, load));
      readers.push(steadyReader(own, alice, TOPIC, 0, DEADLINE_MS));
      consumers.push(steadyConsumer(own.openConsumer(alice, 'main', { groupId: 'followers', reset: 'earliest', sessionTimeoutMs: 6_000, heartbeatMs: 500 }), alice, TOPIC, DEADLINE_MS));
      const idempotent = testSessions(clusterOf(servers, transport, kafka), {}, { idempotence: true });
      patient.set(transport, { sessions: idempotent, load: steadyLoad(idempotent, alice, { ...load, topic: ONCE, deadlineMs: PATIENT_MS }) });
    }
  });
  afterEach(() => {
    for (const one of kafka.nodes.values()) one.thaw();
    for (const one of networks.values()) one.heal();
  });
  afterAll(async () => {
    await Promise.all([...loads, ...readers, ...consumers, ...[...patient.values()].map(({ load }) => load)].map((one) => one.stop()));
    await Promise.all([...sessions.values(), ...[...patient.values()].map((one) => one.sessions)].map((one) => one.close()));
    await kafka.stop();
    await Promise.all([...networks.values()].map((one) => one.stop()));
    table.print();
  });

  it.each([
    ['is slow, 300 ms each way', ['stored'], () => network(1).delay(300)],
    ['loses its answers', ['stored', 'OUTCOME_UNKNOWN', 'NO_BROKER', 'DEADLINE_EXCEEDED'], () => network(1).stall('to-client')],
    ['is cut off: nothing passes either way', ['OUTCOME_UNKNOWN', 'NO_BROKER', 'DEADLINE_EXCEEDED'], () => network(1).stall()],
    ['resets and refuses connections', ['OUTCOME_UNKNOWN', 'NO_BROKER', 'DEADLINE_EXCEEDED'], () => {
      network(1).refuse();
      network(1).reset();
    }],
  ])('one broker %s: its own partition is told so in time, the others are not slowed', async (what, expected, fail) => {
    await spread();
    fail();
    const { hit, others } = await suffer(`one broker ${what}`, [0], () => network(1).heal());
    expect(hit.length).toBeGreaterThan(0);
    // A request that was on its way when the fault began may still have been answered.
    expect([...new Set(hit.filter(({ outcome }) => outcome !== 'stored' || expected.includes('stored')).map(({ outcome }) => outcome))].filter((code) => !expected.includes(code))).toEqual([]);
    expect([...new Set(others.map(({ outcome }) => outcome))]).toEqual(['stored']);
    expect(percentile(others.map(({ tookMs }) => tookMs), 0.99)).toBeLessThan(250);
  }, 40_000);

  it('moves leaders under load without anybody being told of it', async () => {
    await spread();
    const partitions = [[2, 3, 1], [3, 1, 2], [1, 2, 3]].map((replicas, partition) => ({ topic: TOPIC, partition, replicas }));
    expect(told(await as(operator, (session) => session.admin.partitions.reassign(partitions)))).toEqual(['done', 'done', 'done']);
    const since = Date.now();
    await as(operator, (session) => session.admin.partitions.electLeaders('PREFERRED', partitions));
    await expect.poll(() => leaders(TOPIC), { timeout: 10_000 }).toEqual([2, 3, 1]);
    const { hit } = await suffer('every leader moves', [0, 1, 2], () => undefined);
    const moved = attempts().filter(({ at }) => at >= since);
    expect([...new Set([...hit, ...moved].map(({ outcome }) => outcome))].filter((code) => !['stored', 'OUTCOME_UNKNOWN'].includes(code))).toEqual([]);
    // Only what an old leader had appended and could not answer for any more.
    expect(moved.filter(({ outcome }) => outcome !== 'stored').length).toBeLessThanOrEqual(PARTITIONS * TRANSPORTS.length);
    await as(operator, (session) => session.admin.partitions.reassign([[1, 2, 3], [2, 3, 1], [3, 1, 2]].map((replicas, partition) => ({ topic: TOPIC, partition, replicas }))));
  }, 40_000);

  it.each([
    ['dies (SIGKILL)', 'while it is away', (id: number) => node(id).kill(), (id: number) => node(id).restart()],
    // Brokers go on asking a frozen controller for 30 s, whatever its quorum has elected meanwhile: Kafka's own limit.
    ['freezes (SIGSTOP)', 'when it is back', async (id: number) => node(id).freeze(), async (id: number) => node(id).thaw()],
  ])('the controller %s: writing to what it does not lead goes on, and topics can be made again %s', async (what, when, fail, mend) => {
    await spread();
    const controller = await kafka.activeController();
    await fail(controller);
    const failedAt = Date.now();
    const codes: string[] = [];
    const make = (n: number): Promise<string> => codeOf(as(operator, (session) => session.createTopic({ name: `made-${what.slice(0, 4)}-${n}`, partitions: 1, replicationFactor: 1, configs: new Map() }, { deadline: Date.now() + 2_000 })));
    const madeAgain = (): Promise<void> => expect.poll(async () => codes[codes.push(await make(codes.length)) - 1], { timeout: 20_000 }).toBe('resolved');
    if (when === 'while it is away') await madeAgain();
    else codes.push(await make(0));
    const firstMs = Date.now() - failedAt;
    expect(firstMs).toBeLessThan(codes.length * 2_500 + 1_000);
    await expect.poll(() => kafka.activeController((controller % 3) + 1).catch(() => -1), { timeout: 10_000 }).toBeOneOf([1, 2, 3].filter((id) => id !== controller));
    const { others } = await suffer(`the controller ${what} (making a topic: ${codes.join(', ')} within ${firstMs} ms)`, [controller - 1], () => mend(controller), failedAt);
    await madeAgain();
    expect(others.filter(({ outcome }) => outcome === 'stored').length).toBeGreaterThan(0);
    expect(codes.filter((code) => !['resolved', 'OUTCOME_UNKNOWN', 'DEADLINE_EXCEEDED', 'NO_BROKER', 'BROKER_RETRIABLE'].includes(code))).toEqual([]);
    await kafka.whole(TOPIC, STRICT);
  }, 60_000);

  it('a topic that lacks in-sync replicas refuses, writes nothing, and takes writes again; others go on', async () => {
    await spread();
    const write = (value: string): Promise<string> =>
      (sessions.get('platformatic') as TestSessions).produce(alice, [record(STRICT, value, { partition: 0 })], Date.now() + DEADLINE_MS).then(
        ([result]) => (result?.kind === 'stored' ? 'stored' : (result?.error.code ?? 'none')),
        (error: { code: string }) => error.code,
      );
    expect(await write('before')).toBe('stored');
    await node(3).kill();
    // Once the controller has taken the dead one out of the set; before that a record may have reached two of three.
    await expect.poll(async () => (await as(alice, (session) => session.describeTopic(STRICT))).partitions[0]?.inSync.length, { timeout: 10_000 }).toBe(2);
    const at = Date.now();
    expect(await write('refused')).toBe('NOT_ENOUGH_REPLICAS');
    const tookMs = Date.now() - at;
    expect(tookMs).toBeLessThan(DEADLINE_MS + 500);
    const { others } = await suffer(`in-sync replicas lack (its own topic: NOT_ENOUGH_REPLICAS after ${tookMs} ms)`, [2], () => node(3).restart());
    expect([...new Set(others.map(({ outcome }) => outcome))].filter((code) => !['stored', 'OUTCOME_UNKNOWN'].includes(code))).toEqual([]);
    await kafka.whole(STRICT, TOPIC);
    await expect.poll(() => write('after'), { timeout: 5_000 }).toBe('stored');
    expect((await readTopic(kafka, STRICT)).map(({ value }) => value?.toString())).toEqual(['before', 'after']);
  }, 60_000);

  it('has every acknowledged record exactly once where it was acknowledged, none that was refused, and answered in time', async () => {
    const made = (await Promise.all(loads.map((load) => load.stop()))).flat();
    const acknowledged = made.filter(({ outcome }) => outcome === 'stored');
    expect(made.filter(({ tookMs }) => tookMs > DEADLINE_MS + 500)).toEqual([]);
    expect(acknowledged.length).toBeGreaterThan(1_000);
    const log = await readTopic(kafka, TOPIC);
    table.row(`in all: ${counted(made)}; the log holds ${log.length}`);
    expect(untruths(made, log)).toEqual(NO_UNTRUTHS);
    await expectReadOnce(readers, log);
    await expectAllGiven(consumers, log);
    expect(consumers.flatMap(({ failures }) => failures).filter((code) => !IN_A_FAULT.includes(code))).toEqual([]);
    // One token after the other, and no broker is shown one that it refuses.
    expect(alice.fetched()).toBeGreaterThanOrEqual(Math.floor((Date.now() - startedAt) / LIFE_MS));
    for (const one of sessions.values()) expect(one.notices.filter(({ kind }) => kind.endsWith('token-refused'))).toEqual([]);
  }, 60_000);

  it('with idempotence and patience nobody is left in doubt: each record once, in order, none refused', async () => {
    const made = (await Promise.all([...patient.values()].map(({ load }) => load.stop()))).flat();
    const log = await readTopic(kafka, ONCE);
    table.row(`idempotent, deadline ${PATIENT_MS} ms: ${counted(made)}, slowest ${Math.max(...made.map(({ tookMs }) => tookMs))} ms; the log holds ${log.length}`);
    expect(made.filter(({ outcome }) => outcome !== 'stored')).toEqual([]);
    expect(made.length).toBeGreaterThan(500);
    expect(log).toHaveLength(made.length);
    expect(untruths(made, log)).toEqual(NO_UNTRUTHS);
    for (const { load } of patient.values()) expectInOrder(load.attempts, log);
  }, 60_000);
});
