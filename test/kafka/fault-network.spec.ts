import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseBrokerPorts, sleep, startFaultProxy, type FaultProxy, type Kafka } from '../../stack/src/index.ts';
import { startOwnKafka } from '../setup/own-kafka.ts';
import { readTopic } from '../setup/read-topic.ts';
import { stack } from '../setup/stack.ts';
import { faultTable } from './fault-table.ts';
import { testCaller } from './test-caller.ts';
import { clusterOf, record, testSessions, type TestSessions } from './test-sessions.ts';

const TOPIC = 'across';
const DEADLINE_MS = 800;
/** Of an idempotent producer: long enough for the network to come back. */
const PATIENT_MS = 10_000;
const WRITERS = ['platformatic', 'kafkajs'].flatMap((transport) => [false, true].map((idempotent) => ({ transport: transport as 'platformatic' | 'kafkajs', idempotent })));

interface Told {
  readonly value: string;
  readonly outcome: string;
  readonly offset: bigint | null;
  readonly tookMs: number;
}

/*
 * One broker over TLS behind a network that fails. Written to over both transports, with and without idempotence, with acks all:
 * who must not send twice is told within the deadline what is known; an idempotent producer finds out when the network is back.
 */
describe('a broker behind a network that fails', () => {
  const servers = stack();
  const alice = testCaller(servers, 'alice');
  const table = faultTable('One broker, TLS, acks all; both transports', ['network', `told within ${DEADLINE_MS} ms`, 'idempotent, once it heals', 'in the log']);
  const all: Told[] = [];
  const rows: { readonly what: string; readonly plain: readonly Told[]; readonly patient: readonly Told[] }[] = [];
  let network: FaultProxy;
  let kafka: Kafka;
  const sessions = new Map<(typeof WRITERS)[number], TestSessions>();

  const write = async (writer: (typeof WRITERS)[number], what: string, deadlineMs: number): Promise<Told> => {
    const value = `${writer.transport}/${writer.idempotent ? 'idempotent' : 'plain'}/${what}`;
    const at = Date.now();
    const told = await (sessions.get(writer) as TestSessions).produce(alice, [record(TOPIC, value)], at + deadlineMs).then(
      ([result]) => (result?.kind === 'stored' ? { outcome: 'stored', offset: result.offset } : { outcome: result?.error.code ?? 'none', offset: null }),
      (error: { code: string }) => ({ outcome: error.code, offset: null }),
    );
    const one = { value, ...told, tookMs: Date.now() - at };
    all.push(one);
    return one;
  };
  const writeAll = (what: string, idempotent: boolean, deadlineMs: number): Promise<Told[]> => Promise.all(WRITERS.filter((one) => one.idempotent === idempotent).map((one) => write(one, what, deadlineMs)));
  const codes = (told: readonly Told[]): string[] => [...new Set(told.map(({ outcome }) => outcome))];

  beforeAll(async () => {
    const ports = await chooseBrokerPorts(['minted', 'caller'], false);
    network = await startFaultProxy(ports['minted'] as number);
    kafka = await startOwnKafka(servers, { ports, advertisedPorts: { minted: network.port } });
    await kafka.createTopics({ name: TOPIC });
    await kafka.addAcls({ principal: 'alice', resource: 'topic', name: TOPIC, operations: ['write', 'describe'] });
    for (const writer of WRITERS) sessions.set(writer, testSessions({ ...clusterOf(servers, writer.transport, kafka), brokerDeadlineMs: 2_000 }, {}, { idempotence: writer.idempotent }));
  });
  afterAll(async () => {
    await Promise.all([...sessions.values()].map((one) => one.close()));
    await kafka.stop();
    await network.stop();
    table.print();
  });

  it.each([
    ['delays each direction by 200 ms', ['stored'], () => network.delay(200)],
    ['stalls in the middle of an answer', ['OUTCOME_UNKNOWN'], () => network.stall('to-client', 12)],
    ['loses answers only', ['OUTCOME_UNKNOWN'], () => network.stall('to-client')],
    ['loses requests only', ['OUTCOME_UNKNOWN'], () => network.stall('to-server')],
    ['cuts the connection in the middle of an answer', ['OUTCOME_UNKNOWN'], () => network.cutAfter(12, 'to-client')],
    ['cuts the connection in the middle of a request', ['OUTCOME_UNKNOWN'], () => network.cutAfter(120, 'to-server')],
    ['resets (RST) with a request under way', ['OUTCOME_UNKNOWN'], () => {
      network.stall('to-client');
      setTimeout(() => network.reset(), 150);
    }],
    ['resets what is open and refuses what is new', ['NO_BROKER', 'DEADLINE_EXCEEDED'], async () => {
      network.refuse();
      network.reset();
      await sleep(50);
    }],
    ['resets what is open and lets new connections hang', ['NO_BROKER', 'DEADLINE_EXCEEDED'], async () => {
      network.stall();
      network.reset();
      await sleep(50);
    }],
  ] as [string, string[], () => void | Promise<void>][])('that %s', async (what, expected, fail) => {
    expect(codes([...(await writeAll(`before: ${what}`, false, 2_000)), ...(await writeAll(`before: ${what}`, true, 2_000))])).toEqual(['stored']);
    await fail();
    const patient = writeAll(what, true, PATIENT_MS);
    const plain = await writeAll(what, false, DEADLINE_MS);
    network.heal();
    rows.push({ what, plain, patient: await patient });
    expect(codes(plain).filter((code) => !expected.includes(code))).toEqual([]);
    expect(Math.max(...plain.map(({ tookMs }) => tookMs))).toBeLessThan(DEADLINE_MS + 500);
    expect(codes(await patient)).toEqual(['stored']);
    await expect.poll(async () => codes(await writeAll(`after: ${what} ${all.length}`, false, 2_000)), { timeout: 5_000 }).toEqual(['stored']);
  });

  it('every acknowledged record is there once, where it was acknowledged; none that was said to be unwritten; none twice', async () => {
    const log = Map.groupBy(await readTopic(kafka, TOPIC), ({ value }) => value?.toString() ?? '');
    for (const { what, plain, patient } of rows) {
      const there = (told: readonly Told[]): string => `${told.filter(({ value }) => log.has(value)).length} of ${told.length}`;
      table.row(what, `${codes(plain).join(', ')} (${Math.max(...plain.map(({ tookMs }) => tookMs))} ms)`, `${codes(patient).join(', ')} (${Math.max(...patient.map(({ tookMs }) => tookMs))} ms)`, `${there(plain)}; idempotent ${there(patient)}`);
    }
    expect(rows).toHaveLength(9);
    expect([...log].filter(([, copies]) => copies.length > 1)).toEqual([]);
    expect(all.filter(({ outcome, value, offset }) => outcome === 'stored' && log.get(value)?.[0]?.offset !== offset)).toEqual([]);
    expect(all.filter(({ outcome, value }) => !['stored', 'OUTCOME_UNKNOWN'].includes(outcome) && log.has(value))).toEqual([]);
    // What was answered by a broker that nobody heard is written: "unknown" was the truth.
    expect(rows.filter(({ what }) => what.includes('answer')).flatMap(({ plain }) => plain).filter(({ value }) => !log.has(value))).toEqual([]);
  });
});
