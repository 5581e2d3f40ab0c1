import type { GroupConsumer } from '@postern/kafka';
import { clusterOf, record, testSessions, type TestSessions, type TransportName } from '../kafka/test-sessions.ts';
import { startLab, type Lab } from './kafka/lab.ts';
import { broughtBy, mintedFor, neverRenewed, type CallerNow } from './kafka/short-tokens.ts';
import type { LongRun } from './long-run.ts';

const TOPIC = 'renewal';
const PARTITIONS = 4;
const LIFE_SECONDS = 10;
/** For each of four principals; 200 requests a second in all. */
const EVERY_MS = 20;
const ROUND_MS = 60_000;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));
const codeOf = (error: unknown): string => (error as { code?: string }).code ?? String(error);

interface Tally {
  readonly outcomes: Map<string, number>;
  readonly stored: string[];
  readonly tookMs: number[];
}

/** One record a request at a fixed rate, whether the last was answered or not. */
const load = async (sessions: TestSessions, name: string, callerNow: CallerNow, until: number): Promise<Tally> => {
  const tally: Tally = { outcomes: new Map(), stored: [], tookMs: [] };
  const one = async (value: string): Promise<void> => {
    const at = performance.now();
    const outcome = await sessions.produce(await callerNow(), [record(TOPIC, value)]).then(([result]) => (result?.kind === 'stored' ? 'stored' : (result?.error.code ?? 'none')), codeOf);
    tally.tookMs.push(performance.now() - at);
    tally.outcomes.set(outcome, (tally.outcomes.get(outcome) ?? 0) + 1);
    if (outcome === 'stored') tally.stored.push(value);
  };
  const calls = new Set<Promise<void>>();
  for (let n = 0, next = Date.now(); Date.now() < until; n++, next += EVERY_MS) {
    const call = one(`${name}/${n}`).finally(() => calls.delete(call));
    calls.add(call);
    await sleep(Math.max(0, next + EVERY_MS - Date.now()));
  }
  await Promise.all(calls);
  return tally;
};

interface Membership {
  readonly given: Map<string, number>;
  readonly failures: string[];
  /** Polls that found the member without its partitions, after the first join. */
  unassigned: number;
}

const consume = async (consumer: GroupConsumer, callerNow: CallerNow, isOver: () => boolean): Promise<Membership> => {
  const seen: Membership = { given: new Map(), failures: [], unassigned: 0 };
  await consumer.subscribe(await callerNow(), [TOPIC]);
  for (let joined = false; !isOver(); ) {
    try {
      for (const { value } of await consumer.poll(await callerNow(), { maxRecords: 500, maxBytes: 1_000_000, maxWaitMs: 300 })) seen.given.set(String(value), (seen.given.get(String(value)) ?? 0) + 1);
      if (joined && consumer.assignment().length !== PARTITIONS) seen.unassigned++;
      joined ||= consumer.assignment().length === PARTITIONS;
      if (joined) for (const result of await consumer.commit(await callerNow())) if (result.kind === 'failed') seen.failures.push(result.error.code);
    } catch (error) {
      seen.failures.push(codeOf(error));
      await sleep(100);
    }
  }
  await consumer.close();
  return seen;
};

/** A token that is never renewed: what its caller sees, and whether a broker was asked after its end. */
const expiring = async (lab: Lab, transport: TransportName, name: string): Promise<string[]> => {
  const sessions = testSessions(clusterOf(lab.stack, transport));
  const faults: string[] = [];
  try {
    const { caller, expiresAt } = await neverRenewed(lab, name, LIFE_SECONDS);
    const seen: { readonly code: string; readonly at: number; readonly answeredAt: number }[] = [];
    while (Date.now() < expiresAt + 3_000) {
      const at = Date.now();
      const code = await sessions.produce(caller, [record(`${TOPIC}.spare`, name)]).then(([result]) => (result?.kind === 'stored' ? 'stored' : (result?.error.code ?? 'none')), codeOf);
      seen.push({ code, at, answeredAt: Date.now() });
      await sleep(50);
    }
    const kinds = [...new Set(seen.map(({ code }) => code))];
    if (kinds.join() !== 'stored,CREDENTIAL_EXPIRED') faults.push(`answers were ${kinds.join()}`);
    // On a busy machine an answer is some time after its request: neither too early by the one nor too late by the other.
    const end = seen.find(({ code }) => code === 'CREDENTIAL_EXPIRED') ?? { at: 0, answeredAt: 0 };
    if (end.answeredAt < expiresAt - LIFE_SECONDS * 100 || end.at > expiresAt) faults.push(`ended ${expiresAt - end.answeredAt} ms before its token`);
    if (seen.some(({ code, at }) => code === 'stored' && at > end.at)) faults.push('served again after its end');
    const { connects, connectFailures } = sessions.counts();
    if (connects !== 1 || connectFailures !== 0) faults.push(`${connects} connections, ${connectFailures} refused`);
  } finally {
    await sessions.close();
  }
  return faults;
};

/** The generations that each group ever had, by the group metadata that Kafka keeps of them. */
const generations = async ({ kafka }: Lab, groupIds: readonly string[]): Promise<ReadonlyMap<string, readonly number[]>> => {
  const formatter = 'org.apache.kafka.tools.consumer.GroupMetadataMessageFormatter';
  const run = await kafka.tool('console-consumer', ['--topic', '__consumer_offsets', '--from-beginning', '--timeout-ms', '5000', '--formatter', formatter], { timeoutMs: 120_000 });
  const withMembers = run.stdout.split('\n').filter((line) => /"members":\[\{/.test(line));
  const of = (groupId: string): number[] => withMembers.filter((line) => line.includes(`"${groupId}"`)).map((line) => Number(/"generation":(\d+)/.exec(line)?.[1]));
  return new Map(groupIds.map((groupId) => [groupId, [...new Set(of(groupId))]]));
};

const percentile = (sorted: readonly number[], part: number): string => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0).toFixed(1);

/**
 * Constant load through minutes of 10-second tokens, over both transports: minted ones, and callers' own that arrive renewed with
 * a request. Nothing acknowledged is lost, nobody is refused falsely, groups keep their generation, an ended token ends cleanly.
 */
export const longRun: LongRun = {
  defaultMinutes: 30,
  run: async ({ runDir, minutes, say }) => {
    const lab = await startLab(runDir, say);
    const { kafka } = lab;
    const transports: readonly TransportName[] = ['platformatic', 'kafkajs'];
    const own = transports.map((transport) => testSessions(clusterOf(lab.stack, transport)));
    // Apart from those that write, whose connections are counted.
    const readers = transports.map((transport) => testSessions(clusterOf(lab.stack, transport)));
    const faults: string[] = [];
    const noteEach = (found: readonly string[]): void => {
      faults.push(...found);
      for (const fault of found) say(fault);
    };
    try {
      await kafka.createTopics({ name: TOPIC, partitions: PARTITIONS }, { name: `${TOPIC}.spare` });
      await kafka.addAcls({ principal: '*', resource: 'topic', name: TOPIC, pattern: 'prefixed', operations: ['read', 'write', 'describe'] }, { principal: '*', resource: 'group', name: 'renewal', pattern: 'prefixed', operations: ['read', 'describe'] });
      const until = Date.now() + minutes * 60_000;
      let isOver = false;
      const members: { readonly groupId: string; readonly run: Promise<Membership> }[] = [];
      const loads: { readonly name: string; readonly run: Promise<Tally> }[] = [];
      for (const [i, transport] of transports.entries()) {
        const reading = readers[i] as TestSessions;
        for (const [kind, callers] of [['minted', mintedFor], ['brought', broughtBy]] as const) {
          const name = `${transport}-${kind}`;
          const reader = callers(lab, `reader-${name}`, LIFE_SECONDS);
          const groupId = `renewal-${name}`;
          members.push({ groupId, run: consume(reading.openConsumer(await reader(), 'main', { groupId, reset: 'earliest' }), reader, () => isOver) });
          loads.push({ name, run: load(own[i] as TestSessions, name, callers(lab, name, LIFE_SECONDS), until) });
        }
      }
      let rounds = 0;
      for (; Date.now() < until; rounds++) {
        const started = Date.now();
        for (const [i, found] of (await Promise.all(transports.map((transport) => expiring(lab, transport, `ending-${rounds}`)))).entries()) noteEach(found.map((fault) => `never renewed, ${transports[i]}: ${fault}`));
        say(`round ${rounds + 1}: ${own.map((sessions) => JSON.stringify(sessions.counts())).join(' ')}; faults so far: ${faults.length}`);
        await sleep(Math.max(0, Math.min(started + ROUND_MS, until) - Date.now()));
      }
      const tallies = await Promise.all(loads.map(async ({ name, run }) => ({ name, ...(await run) })));
      const landed = await lab.values(TOPIC);
      const distinct = new Set(landed);
      await sleep(3_000);
      isOver = true;
      const seen = await Promise.all(members.map(async ({ groupId, run }) => ({ groupId, ...(await run) })));
      const generationsOf = await generations(lab, members.map(({ groupId }) => groupId));
      for (const { groupId, given, failures, unassigned } of seen) {
        const again = [...given.values()].filter((times) => times > 1).length;
        const missed = [...distinct].filter((value) => !given.has(value)).length;
        const of = generationsOf.get(groupId) ?? [];
        if (failures.length + unassigned + again + missed > 0 || of.length !== 1) faults.push(`group ${groupId}: ${failures.length} failures (${[...new Set(failures)].join()}), ${unassigned} polls without partitions, ${again} given again, ${missed} missed, generations ${of.join()}`);
      }
      for (const { name, outcomes } of tallies) if ([...outcomes.keys()].join() !== 'stored') faults.push(`${name}: ${JSON.stringify([...outcomes])}`);
      const acknowledged = tallies.flatMap(({ stored }) => stored);
      const lost = acknowledged.filter((value) => !distinct.has(value)).length;
      if (lost > 0 || landed.length !== acknowledged.length) faults.push(`${acknowledged.length} acknowledged, ${landed.length} landed, ${lost} lost`);
      for (const [i, sessions] of own.entries()) if (sessions.counts().connects !== 2 || sessions.counts().connectFailures !== 0) faults.push(`${transports[i]}: ${JSON.stringify(sessions.counts())}`);
      const took = tallies.flatMap(({ tookMs }) => tookMs).toSorted((a, b) => a - b);
      for (const fault of faults.filter((one) => !one.startsWith('never renewed'))) say(fault);
      return {
        passed: faults.length === 0,
        result: `${minutes} min of ${LIFE_SECONDS} s tokens, ${acknowledged.length} requests acknowledged = ${landed.length} landed, ${rounds * transports.length} tokens never renewed, p50/p99/max ${percentile(took, 0.5)}/${percentile(took, 0.99)}/${percentile(took, 1)} ms, faults=${faults.length}`,
      };
    } finally {
      await Promise.all([...own, ...readers].map((sessions) => sessions.close()));
      await kafka.stop();
    }
  },
};
