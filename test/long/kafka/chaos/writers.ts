import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProduceRecord } from '@postern/kafka';
import { record, type TestSessions } from '../../../kafka/test-sessions.ts';
import type { CallerNow } from '../short-tokens.ts';
import { outcomeOf, type Ledger } from './ledger.ts';
import type { Chance } from './random.ts';
import { FORBIDDEN, KEPT, MISSING, REBORN, type ChaosTopic } from './topics.ts';

export interface Writer {
  readonly name: string;
  readonly sessions: TestSessions;
  readonly callerNow: CallerNow;
  readonly idempotent: boolean;
  readonly chance: Chance;
}

/** What writers obey: `paused` while the cluster is left alone for longer than a token lives. */
export interface Writing {
  readonly ledger: Ledger;
  readonly isOver: () => boolean;
  readonly isPaused: () => boolean;
}

/** Longer than any fault: whoever has so much time needs no doubt, but of a record that may be too large, since limits may change. */
export const PATIENT_MS = 60_000;
const IMPATIENT_MS = [400, 1_000, 2_000, 5_000, 10_000];
const AT_ONCE = 5;
const ABSENT_PARTITION = 99;
/** Does not shrink, so that a size is a size whatever the codec. */
const NOISE = randomBytes(900_000).toString('base64url');

interface Planned {
  readonly id: string;
  readonly record: ProduceRecord;
  readonly stream: string | null;
  readonly n: number;
  /** Failures that this record asks for. */
  readonly asksFor: readonly string[];
}

const IN_A_FAULT = ['stored', 'OUTCOME_UNKNOWN', 'NO_BROKER', 'DEADLINE_EXCEEDED', 'BROKER_RETRIABLE', 'NOT_ENOUGH_REPLICAS', 'BUFFER_FULL'];
/** While a topic goes and comes. */
const REBIRTH = ['UNKNOWN_TOPIC', 'UNKNOWN_PARTITION'];
/** Held by `Ledger.checkIdentity` instead. */
const OF_A_TOKEN = ['CALLER_TOKEN_REFUSED', 'CREDENTIAL_EXPIRED', 'OWN_TOKEN_REFUSED'];

const produce = async ({ sessions, callerNow, idempotent, name }: Writer, { ledger }: Writing, planned: readonly Planned[], deadlineMs: number): Promise<void> => {
  let identity: Parameters<Ledger['checkIdentity']>[2] | null = null;
  const at = Date.now();
  const told = await ledger.call('produce', callerNow, deadlineMs, (caller, deadline) => {
    identity = caller;
    return sessions.produce(caller, planned.map((one) => one.record), deadline);
  });
  for (const [i, one] of planned.entries()) {
    const result = told.kind === 'answered' ? told.value[i] : undefined;
    const outcome = told.kind === 'answered' ? outcomeOf(result) : told.code;
    const { topic } = one.record;
    const patient = idempotent && deadlineMs === PATIENT_MS && topic !== REBORN.name && !one.asksFor.includes('RECORD_TOO_LARGE');
    ledger.count(`record ${outcome}`);
    if (identity !== null) ledger.checkIdentity('record', outcome, identity, at);
    if (![...IN_A_FAULT, ...OF_A_TOKEN, ...one.asksFor].includes(outcome)) ledger.broken('an answer fits its record', `${name} ${topic} ${one.id}: ${outcome} at ${new Date().toISOString()}`);
    if (one.asksFor.length === 1 && outcome === 'stored' && topic !== REBORN.name && one.record.value !== null && one.record.value.length < 1_000) ledger.broken('what cannot be written is refused', `${name} ${topic} ${one.id}`);
    const stored = result?.kind === 'stored' ? result : null;
    ledger.attempts.push({ id: one.id, topic, stream: one.stream, n: one.n, outcome, partition: stored?.partition ?? -1, offset: stored?.offset ?? -1n, at, tookMs: Date.now() - at, patient });
  }
};

/** Many calls of one writer at the same time, begun in order. */
const pipelined = async (writing: Writing, chance: Chance, pauseMs: readonly [number, number], call: (n: number) => Promise<void>): Promise<void> => {
  const calls = new Set<Promise<void>>();
  for (let n = 0; !writing.isOver(); n++) {
    while (writing.isPaused() && !writing.isOver()) await sleep(100);
    while (calls.size >= AT_ONCE) await Promise.race(calls);
    const one: Promise<void> = call(n).finally(() => calls.delete(one));
    calls.add(one);
    await sleep(chance.int(...pauseMs));
  }
  await Promise.all(calls);
};

const padded = (id: string, bytes: number): string => `${id}|${'x'.repeat(Math.max(0, bytes - id.length - 1))}`;
const noisy = (id: string, bytes: number): string => `${id}|${NOISE.slice(0, Math.max(0, bytes - id.length - 1))}`;

/** One stream into one partition, by its number or by one key, a record or a few a call. */
const stream = (writer: Writer, writing: Writing, topic: ChaosTopic, by: 'partition' | 'key'): Promise<void> => {
  const { chance, name, idempotent } = writer;
  const where = by === 'partition' ? { partition: chance.int(0, topic.partitions - 1) } : { key: Buffer.from(`key-${chance.int(0, 99)}`) };
  const id = `${name}/${topic.name}/${by}`;
  let n = 0;
  return pipelined(writing, chance, [40, 400], async () => {
    const planned = Array.from({ length: chance.oneIn(4) ? chance.int(2, 6) : 1 }, (): Planned => {
      const own = n++;
      return { id: `${id}/${own}`, stream: id, n: own, asksFor: [], record: record(topic.name, padded(`${id}/${own}`, chance.int(60, 300)), where) };
    });
    await produce(writer, writing, planned, idempotent ? PATIENT_MS : chance.pick(IMPATIENT_MS));
  });
};

/** Calls of many records over all topics, with ones in between that cannot be written. */
const bulk = (writer: Writer, writing: Writing): Promise<void> => {
  const { chance, name, idempotent } = writer;
  let n = 0;
  const plan = (): Planned => {
    const own = n++;
    const id = `${name}/bulk/${own}`;
    const of = (topic: string, value: string, asksFor: readonly string[], more: Partial<ProduceRecord> = {}): Planned => ({ id, stream: null, n: own, asksFor, record: record(topic, value, more) });
    if (chance.oneIn(40)) return of(FORBIDDEN, padded(id, 80), ['TOPIC_AUTHORIZATION_FAILED']);
    if (chance.oneIn(40)) return of(`${MISSING}-${chance.int(0, 9)}`, padded(id, 80), ['UNKNOWN_TOPIC']);
    if (chance.oneIn(8)) return of(REBORN.name, padded(id, 80), REBIRTH);
    const topic = chance.pick(KEPT);
    if (chance.oneIn(60)) return of(topic.name, padded(id, 80), ['UNKNOWN_PARTITION'], { partition: ABSENT_PARTITION });
    const isSmall = topic.mostBytes < 100_000;
    const size = isSmall && chance.oneIn(10) ? topic.mostBytes + chance.int(-300, 300) : chance.int(60, 400);
    const isHuge = !isSmall && chance.oneIn(1_500);
    const where = chance.pick<Partial<ProduceRecord>>([{}, { key: Buffer.from(`key-${chance.int(0, 999)}`) }, { partition: chance.int(0, topic.partitions - 1) }]);
    const value = isHuge ? noisy(id, topic.mostBytes + chance.int(-600, 600)) : noisy(id, size);
    return of(topic.name, value, size > 1_000 || isHuge ? ['RECORD_TOO_LARGE'] : [], where);
  };
  return pipelined(writing, chance, [200, 1_500], async () => {
    const planned = Array.from({ length: chance.oneIn(10) ? chance.int(60, 250) : chance.int(1, 25) }, plan);
    await produce(writer, writing, planned, idempotent && chance.oneIn(2) ? PATIENT_MS : chance.pick(IMPATIENT_MS));
  });
};

export const write = async (writer: Writer, writing: Writing): Promise<void> => {
  const [a, b] = KEPT;
  if (a === undefined || b === undefined) throw new Error('unreachable: there are three');
  await Promise.all([stream(writer, writing, a, 'partition'), stream(writer, writing, b, 'key'), bulk(writer, writing)]);
};
