import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import type { GroupConsumer } from '@postern/kafka';
import { clusterOf, record, testSessions } from '../kafka/test-sessions.ts';
import { startLab } from './kafka/lab.ts';
import { growth, memoryNow, type Memory } from './kafka/memory.ts';
import { misbehave } from './kafka/misbehaviour.ts';
import { mintedFor, type CallerNow } from './kafka/short-tokens.ts';
import type { LongRun } from './long-run.ts';

const TOPIC = 'coming';
/** 20 new principals a second, each there for 30 s and idle for 20 s until its session goes: a thousand at a time. */
const NEW_EVERY_MS = 50;
const STAY_MS = 30_000;
const IDLE_MS = 20_000;
const REQUEST_EVERY_MS = 3_000;
const TOKEN_SECONDS = 20;
/** One in so many is a group consumer for its stay, too. */
const CONSUMER_ONE_IN = 100;
const STEADY_EVERY_MS = 20;
const GROWTH_MOST_MB = 3;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));
const codeOf = (error: unknown): string => (error as { code?: string }).code ?? String(error);
const shown = (histogram: RecordableHistogram): string => `p50 ${(histogram.percentile(50) / 1e6).toFixed(1)} p99 ${(histogram.percentile(99) / 1e6).toFixed(1)} ms`;

const pollOnce = async (consumer: GroupConsumer, callerNow: CallerNow): Promise<void> => {
  try {
    await consumer.subscribe(await callerNow(), [`${TOPIC}.quiet`]);
    await consumer.poll(await callerNow(), { maxRecords: 1, maxBytes: 1_000, maxWaitMs: 5_000 });
  } finally {
    await consumer.close();
  }
};

/**
 * A thousand principals at a time, each with tokens of its own, coming and going on one process; every other minute one more
 * misbehaves. The heap stays flat, descriptors and sessions come back, nobody else is refused or loses a record.
 */
export const longRun: LongRun = {
  defaultMinutes: 60,
  run: async ({ runDir, minutes, say }) => {
    const lab = await startLab(runDir, say);
    const { kafka } = lab;
    const cluster = clusterOf(lab.stack, 'platformatic');
    const before = memoryNow();
    const sessions = testSessions(cluster, { maxSessions: 2_000, idleMs: IDLE_MS });
    const answers = new Map<string, number>();
    const count = (code: string): void => void answers.set(code, (answers.get(code) ?? 0) + 1);
    const latency = { calm: createHistogram(), misbehaving: createHistogram(), first: createHistogram() };
    try {
      await kafka.createTopics({ name: TOPIC, partitions: 4 }, { name: `${TOPIC}.quiet` }, { name: `${TOPIC}.mallory` }, { name: `${TOPIC}.mallory.quiet` });
      await kafka.addAcls({ principal: '*', resource: 'topic', name: TOPIC, pattern: 'prefixed', operations: ['read', 'write', 'describe'] }, { principal: '*', resource: 'group', name: TOPIC, pattern: 'prefixed', operations: ['read', 'describe'] });
      const until = Date.now() + minutes * 60_000;
      let came = 0;
      let isMisbehaving = false;
      const produce = async (callerNow: CallerNow, histogram: RecordableHistogram | null): Promise<void> => {
        const at = performance.now();
        count(await sessions.produce(await callerNow(), [record(TOPIC, 'x'.repeat(200))]).then(([result]) => (result?.kind === 'stored' ? 'stored' : (result?.error.code ?? 'none')), codeOf));
        histogram?.record(Math.max(1, Math.round((performance.now() - at) * 1e6)));
      };
      const stay = async (name: string): Promise<void> => {
        const callerNow = mintedFor(lab, name, TOKEN_SECONDS);
        const leaves = Math.min(Date.now() + STAY_MS, until);
        await produce(callerNow, latency.first);
        if (came % CONSUMER_ONE_IN === 0) await pollOnce(sessions.openConsumer(await callerNow(), 'main', { groupId: `${TOPIC}.${came % 1_000}`, reset: 'latest' }), callerNow).catch((error: unknown) => count(`consumer ${codeOf(error)}`));
        for (; Date.now() < leaves; await sleep(REQUEST_EVERY_MS)) await produce(callerNow, null);
      };
      const present = new Set<Promise<void>>();
      const comers = async (): Promise<void> => {
        for (let next = Date.now(); Date.now() < until; next += NEW_EVERY_MS) {
          const one = stay(`p${came++}`).finally(() => present.delete(one));
          present.add(one);
          await sleep(Math.max(0, next + NEW_EVERY_MS - Date.now()));
        }
        await Promise.all(present);
      };
      const steady = async (): Promise<void> => {
        const callerNow = mintedFor(lab, 'steady', TOKEN_SECONDS);
        for (; Date.now() < until; await sleep(STEADY_EVERY_MS)) await produce(callerNow, isMisbehaving ? latency.misbehaving : latency.calm);
      };
      const samples: Memory[] = [];
      const theirs = new Map<string, number>();
      const watch = async (): Promise<void> => {
        const every = Math.min(60_000, (minutes * 60_000) / 10);
        for (let minute = 1; Date.now() < until; minute++) {
          isMisbehaving = minute % 2 === 0;
          const mallory = isMisbehaving ? misbehave(lab, sessions, `${TOPIC}.mallory`) : null;
          await sleep(Math.min(every, until - Date.now()));
          for (const [code, n] of (await mallory?.stop()) ?? []) theirs.set(code, (theirs.get(code) ?? 0) + n);
          // Notices are the spec's own memory, not the library's.
          sessions.notices.length = 0;
          const now = memoryNow();
          samples.push(now);
          const { open: sessionsOpen, connects } = sessions.counts();
          say(`${isMisbehaving ? 'misbehaving' : 'calm       '} heap ${now.heap.toFixed(1)} MB rss ${now.rss.toFixed(0)} MB fds ${now.descriptors} sessions ${sessionsOpen} came ${came} connects ${connects} ${JSON.stringify([...answers])}`);
        }
      };
      await Promise.all([comers(), steady(), watch()]);
      const offsets = await kafka.tool('offsets', ['--topic', TOPIC]);
      const landed = offsets.stdout.trim().split('\n').reduce((sum, line) => sum + Number(line.split(':').at(-1) ?? 0), 0);
      for (let waited = 0; sessions.counts().open > 0 && waited < IDLE_MS + 10_000; waited += 500) await sleep(500);
      const left = sessions.counts();
      const after = memoryNow();
      const faults: string[] = [];
      if (left.open !== 0) faults.push(`${left.open} sessions are still open`);
      if (after.descriptors > before.descriptors + 5) faults.push(`${before.descriptors} descriptors before, ${after.descriptors} after`);
      const grown = growth(samples);
      if (grown > GROWTH_MOST_MB) faults.push(`the heap grew by ${grown.toFixed(1)} MB`);
      if ([...answers.keys()].join() !== 'stored') faults.push(`answers ${JSON.stringify([...answers])}`);
      if (landed !== (answers.get('stored') ?? 0)) faults.push(`${answers.get('stored') ?? 0} acknowledged, ${landed} landed`);
      for (const fault of faults) say(fault);
      say(`the misbehaving one: ${JSON.stringify([...theirs])}; evictions ${JSON.stringify(left.evictions)}`);
      return {
        passed: faults.length === 0,
        result: `${minutes} min, ${came} principals, ${answers.get('stored') ?? 0} acknowledged = ${landed} landed, heap ${samples[0]?.heap.toFixed(1)} MB at first, growth ${grown.toFixed(1)} MB, after all left ${after.heap.toFixed(1)} MB (${before.heap.toFixed(1)} before), fds ${before.descriptors} to ${after.descriptors}, steady caller calm ${shown(latency.calm)}, beside the misbehaving ${shown(latency.misbehaving)}, first requests ${shown(latency.first)}`,
      };
    } finally {
      await sessions.close();
      await kafka.stop();
    }
  },
};
