import { setTimeout as sleep } from 'node:timers/promises';
import type { CompressionName, KafkaNotice } from '@postern/kafka';
import { clusterOf, testSessions, type TestSessions } from '../kafka/test-sessions.ts';
import { injectFaults } from './kafka/chaos/faults.ts';
import { Ledger } from './kafka/chaos/ledger.ts';
import { administer, bearAgain, comeAndGo, drain, follow, type Other } from './kafka/chaos/others.ts';
import { holdAgainst, holdFollower, holdOrder } from './kafka/chaos/promises.ts';
import { chance } from './kafka/chaos/random.ts';
import { startThreeBrokers } from './kafka/chaos/three-brokers.ts';
import { KEPT, MALLORY, OPERATOR, prepareTopics, REBORN } from './kafka/chaos/topics.ts';
import { watched } from './kafka/chaos/watched.caller.ts';
import { write, type Writing } from './kafka/chaos/writers.ts';
import { memoryNow } from './kafka/memory.ts';
import { misbehave } from './kafka/misbehaviour.ts';
import { broughtBy, mintedFor, type CallerNow } from './kafka/short-tokens.ts';
import type { LongRun } from './long-run.ts';

const TRANSPORTS = ['platformatic', 'kafkajs'] as const;
const CODECS: readonly CompressionName[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
const ORIGINS = [['minted', mintedFor], ['brought', broughtBy]] as const;
const LIFE_SECONDS = 10;
/** From the last birth of the reborn topic to the end of writing. */
const AFTER_BIRTH_MS = 8_000;
const MISBEHAVE_MS = 20_000;
const HEAP_GROWTH_MOST_MB = 40;
/** None of these may be seen of anybody but the one who misbehaves. */
const ALARMS = ['own-token-refused', 'principal-changed', 'address-refused', 'defect'];

/**
 * Everything at once against three brokers that fail in every way, by a seed (`CHAOS_SEED`, else by the clock): writers of all
 * kinds, readers, members that come and go, administrators, a topic that is made again and again, and one who misbehaves, with
 * tokens of ten seconds. At the end Kafka's own consumer says what is in the topics, and each promise that was broken has its line.
 */
export const longRun: LongRun = {
  defaultMinutes: 5,
  run: async ({ runDir, minutes, say }) => {
    const seed = Number(process.env['CHAOS_SEED'] ?? Date.now() % 1_000_000);
    say(`seed ${seed}: CHAOS_SEED=${seed} repeats the choices of this run`);
    const ledger = new Ledger();
    for (const fatal of ['unhandledRejection', 'uncaughtException'] as const) process.on(fatal, (error: unknown) => ledger.broken('nothing is left unhandled', `${fatal}: ${error instanceof Error ? error.stack : String(error)}`));
    process.on('warning', ({ name, message }) => ledger.count(`warning ${name}: ${message.slice(0, 60)}`));
    const brokers = await startThreeBrokers(runDir, say);
    const all: TestSessions[] = [];
    try {
      await prepareTopics(brokers.kafka);
      const before = memoryNow();
      const callers = (kind: (typeof ORIGINS)[number][1], name: string): CallerNow => watched(kind(brokers, name, LIFE_SECONDS), ledger);
      const open = (transport: (typeof TRANSPORTS)[number], ...more: [Parameters<typeof testSessions>[1]?, Parameters<typeof testSessions>[2]?]): TestSessions => {
        const sessions = testSessions(clusterOf({ kafka: brokers.kafka, certificates: brokers.certificates }, transport), ...more);
        all.push(sessions);
        return sessions;
      };
      let over = { writing: false, others: false, reborn: false };
      let isPaused = false;
      const until = Date.now() + minutes * 60_000;
      const writing: Writing = { ledger, isOver: () => over.writing, isPaused: () => isPaused };
      const writers: Promise<void>[] = [];
      const others: Promise<void>[] = [];
      const given = new Set<string>();
      const ends = new Map<string, bigint>();
      const followers: { readonly name: string; readonly partition: number; readonly run: Promise<readonly bigint[]> }[] = [];
      const [a, b] = KEPT;
      if (a === undefined || b === undefined) throw new Error('unreachable: there are three');
      for (const [t, transport] of TRANSPORTS.entries()) {
        for (const idempotent of [false, true]) {
          for (const offset of [0, 2]) {
            const compression = CODECS[(seed + t + (idempotent ? 2 * t + 1 : 0) + offset) % CODECS.length] ?? 'none';
            const sessions = open(transport, {}, { compression, idempotence: idempotent });
            for (const [origin, kind] of ORIGINS) {
              const name = `${transport}-${idempotent ? 'idem' : 'plain'}-${compression}-${origin}`;
              writers.push(write({ name, sessions, callerNow: callers(kind, name), idempotent, chance: chance(seed, name) }, writing));
            }
          }
        }
        const sessions = open(transport);
        const other = (kind: (typeof ORIGINS)[number][1], name: string): Other => ({ sessions, callerNow: callers(kind, name), chance: chance(seed, name), ledger, isOver: () => over.others });
        for (const [origin, kind] of ORIGINS) {
          const partition = (t + (origin === 'minted' ? 0 : 1)) % a.partitions;
          followers.push({ name: `${transport} ${origin}`, partition, run: follow(other(kind, `follower-${transport}-${origin}`), a.name, partition, () => ends.get(`${partition}`) ?? null) });
          others.push(comeAndGo(other(kind, `member-${transport}-${origin}`), b.name, given), administer(other(kind, `asker-${transport}-${origin}`)));
        }
        others.push(administer(other(mintedFor, OPERATOR)));
      }
      const calm = open('platformatic');
      const operator: Other = { sessions: calm, callerNow: callers(mintedFor, OPERATOR), chance: chance(seed, 'births'), ledger, isOver: () => over.reborn };
      const births = (async () => {
        while (!over.reborn) {
          await sleep(operator.chance.int(6_000, 20_000));
          if (!over.reborn) await bearAgain(operator);
        }
      })();
      const mallory = (async () => {
        while (Date.now() < until - MISBEHAVE_MS) {
          const misbehaviour = misbehave(brokers, all[0] as TestSessions, MALLORY);
          await sleep(MISBEHAVE_MS);
          await misbehaviour.stop();
          await sleep(MISBEHAVE_MS);
        }
      })();
      const progress = setInterval(() => say(`${ledger.attempts.length} records, slowest ${ledger.slowestLateMs} ms late, broken ${ledger.lines.length}, sessions ${all.map((one) => one.counts().connections.open).join()} connections`), 30_000);
      const asOperator = <T>(use: (session: Parameters<Parameters<TestSessions['as']>[1]>[0], deadline: number) => Promise<T>): Promise<T> => operator.callerNow().then((caller) => calm.as(caller, (session) => use(session, Date.now() + 8_000)));
      const faults = await injectFaults({ brokers, chance: chance(seed, 'faults'), say, asOperator, pause: (value) => (isPaused = value), until });
      await brokers.kafka.whole(...KEPT.map(({ name }) => name));
      over.reborn = true;
      await births;
      await sleep(3_000);
      const bornAt = await bearAgain(operator);
      await sleep(Math.max(AFTER_BIRTH_MS, until - Date.now()));
      over.writing = true;
      await Promise.all([...writers, mallory]);
      clearInterval(progress);
      say('writing has ended; reading what is there');
      const logs = new Map<string, Awaited<ReturnType<typeof brokers.log>>>();
      for (const { name } of [...KEPT, REBORN]) logs.set(name, await brokers.log(name));
      for (let partition = 0; partition < a.partitions; partition++) ends.set(`${partition}`, BigInt(logs.get(a.name)?.filter((one) => one.partition === partition).length ?? 0));
      over.others = true;
      await Promise.all(others);
      const attempts = Map.groupBy(ledger.attempts, ({ topic }) => topic);
      for (const { name } of KEPT) holdAgainst(ledger, attempts.get(name) ?? [], logs.get(name) ?? []);
      holdAgainst(ledger, (attempts.get(REBORN.name) ?? []).filter(({ at, outcome }) => at >= bornAt || outcome !== 'stored'), logs.get(REBORN.name) ?? []);
      holdOrder(ledger, ledger.attempts);
      for (const { name, partition, run } of followers) holdFollower(ledger, name, await run, (logs.get(a.name) ?? []).filter((one) => one.partition === partition));
      const wanted = new Set(logs.get(b.name)?.map(({ id }) => id));
      const missed = await drain({ ...operator, callerNow: callers(mintedFor, 'drain') }, b.name, given, wanted);
      if (missed > 0) ledger.broken('a group is given every record', `${missed} of ${wanted.size}: ${[...wanted].filter((id) => !given.has(id)).slice(0, 3).join()}`);
      const notices = all.flatMap((one): KafkaNotice[] => one.notices);
      for (const notice of notices) {
        const isMallory = 'kafkaName' in notice && /^(forged|mallory)/.test(notice.kafkaName);
        if (!isMallory && notice.kind !== 'connected' && notice.kind !== 'connect-failed') ledger.count(`notice ${notice.kind}`);
        if (!isMallory && ALARMS.includes(notice.kind)) ledger.broken('no alarm without its reason', JSON.stringify(notice));
      }
      const stored = ledger.attempts.filter(({ outcome }) => outcome === 'stored').length;
      const landed = [...logs.values()].reduce((sum, log) => sum + log.length, 0);
      const connects = all.reduce((sum, one) => sum + one.counts().connects, 0);
      await Promise.all(all.map((one) => one.close()));
      const wires = (): number => [...brokers.networks.values()].reduce((sum, network) => sum + network.connections(), 0);
      for (let waited = 0; waited < 10_000 && wires() > 0; waited += 250) await sleep(250);
      for (const one of all) {
        const { open: sessionsOpen, consumers, connections } = one.counts();
        if (sessionsOpen + consumers + connections.open + connections.waiting > 0) ledger.broken('nothing is left behind', JSON.stringify(one.counts()));
        one.notices.length = 0;
      }
      const sockets = brokers.clientSockets();
      if (sockets.length > 0) ledger.broken('nothing is left behind', sockets.join());
      if (wires() > 0) say(`${wires()} connections linger at the brokers' networks, ${sockets.length} of them with a socket of ours`);
      for (const gone of [logs, attempts, given, wanted]) gone.clear();
      const kept = ledger.attempts.length;
      ledger.attempts.length = 0;
      const after = memoryNow();
      if (after.descriptors > before.descriptors + 5) ledger.broken('nothing is left behind', `${before.descriptors} descriptors before, ${after.descriptors} after`);
      if (after.heap > before.heap + HEAP_GROWTH_MOST_MB) ledger.broken('nothing is left behind', `heap ${before.heap.toFixed(0)} MB before, ${after.heap.toFixed(0)} after`);
      const timers = process.getActiveResourcesInfo().filter((what) => what === 'Timeout').length;
      say(`answers ${JSON.stringify([...ledger.answers].toSorted(([x], [y]) => (x < y ? -1 : 1)))}`);
      for (const line of ledger.lines) say(line);
      return {
        passed: ledger.lines.length === 0,
        result: `seed ${seed}, ${minutes} min, ${kept} records, ${stored} acknowledged, ${landed} in the topics at the end, faults ${JSON.stringify(Object.fromEntries(faults))}, ${connects} connections, latest answer ${ledger.slowestLateMs} ms behind its deadline, heap ${before.heap.toFixed(0)} to ${after.heap.toFixed(0)} MB, descriptors ${before.descriptors} to ${after.descriptors}, ${timers} timers left`,
      };
    } finally {
      ledger.close();
      await Promise.all(all.map((one) => one.close()));
      await brokers.stop();
    }
  },
};
