import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sleep } from '../../stack/src/index.ts';
import type { RunningProxy } from '../api/running-proxy.ts';
import { stack } from '../setup/stack.ts';
import { FAULT_SENTENCES, FAULTS } from './faulty.upstream.ts';
import { KEYS_RETRY_MS, LOGIN_MS, startUpstreams, type Upstreams } from './upstreams.setup.ts';

/*
 * Upstreams that are slow or lie, each in each way, at a running proxy: 503 with Retry-After in time, never 401, 403 or
 * 200; other ways in go on meanwhile; and all is well again by itself.
 */
const CASES = ['directory', 'MDS', 'Graph token endpoint', 'Graph', 'Kafka broker'] as const;
const COLD = ['key set', 'discovery document'] as const;
const VICTIMS = 3;
/** Over the deadline that is configured. */
const GRACE_MS = 3_000;

let upstreams: Upstreams;
const shown = new Set<string>();

beforeAll(async () => {
  upstreams = await startUpstreams(stack());
}, 60_000);
afterAll(async () => {
  console.log(`upstreams that are slow or lie: ${shown.size} cells of ${(CASES.length + COLD.length) * FAULTS.length} (${CASES.length + COLD.length} upstreams, ${FAULTS.length} faults)`);
  await upstreams?.stop();
});

const call = (proxy: RunningProxy, authorization: string) => proxy.call('/topics', { authorization });
const undecided = async (proxy: RunningProxy, authorization: string) => {
  const { status, headers, ms } = await call(proxy, authorization);
  return { answer: [status, Number(headers['retry-after']) > 0, headers['www-authenticate']], ms };
};
const UNDECIDED = [503, true, undefined];

describe.each(COLD)('an issuer whose %s', (what) => {
  it.each(FAULTS.map((fault) => [FAULT_SENTENCES[fault], fault] as const))('%s from before the start on gets its callers 503 in time', async (_sentence, fault) => {
    const one = upstreams.cold.find((each) => each.what === what && each.fault === fault);
    for (const { answer, ms } of await Promise.all(Array.from({ length: VICTIMS }, async () => undecided(upstreams.coldProxy, (await one?.victim()) ?? '')))) {
      expect(answer).toEqual(UNDECIDED);
      expect(ms).toBeLessThan(LOGIN_MS + GRACE_MS);
    }
    expect((await call(upstreams.coldProxy, upstreams.beside)).status).toBe(200);
    if (one?.met !== null) expect(one?.met()).toBeGreaterThan(0);
    one?.heal();
  });
});

describe.each(CASES)('when the %s', (name) => {
  it.each(FAULTS.map((fault) => [FAULT_SENTENCES[fault], fault] as const))('%s its callers get 503 in time, others go on, and it recovers', async (_sentence, fault) => {
    const { upstream, proxy, deadlineMs, victim, beside } = upstreams.cases[name];
    const statusOf = async (authorization: string | Promise<string>) => (await call(proxy, await authorization)).status;
    await expect.poll(() => statusOf(victim()), { timeout: 10_000 }).toBe(200);
    expect(await statusOf(beside())).toBe(200);
    // Graph's answers and its token are remembered for a second here.
    if (name.startsWith('Graph')) await sleep(1_050);
    upstream.fail(fault);
    try {
      const asked = Array.from({ length: VICTIMS }, async () => undecided(proxy, await victim()));
      expect(await Promise.all([statusOf(beside()), statusOf(beside())])).toEqual([200, 200]);
      for (const { answer, ms } of await Promise.all(asked)) {
        expect(answer).toEqual(UNDECIDED);
        expect(ms).toBeLessThan(deadlineMs + GRACE_MS);
      }
      expect(upstream.met()).toBeGreaterThan(0);
    } finally {
      upstream.heal();
    }
    await expect.poll(() => statusOf(victim()), { timeout: 10_000, interval: 100 }).toBe(200);
    shown.add(`${name} ${fault}`);
  });
});

describe.each(COLD)('the issuer whose %s', (what) => {
  it.each(FAULTS.map((fault) => [FAULT_SENTENCES[fault], fault] as const))('no longer %s is found by itself', async (_sentence, fault) => {
    const one = upstreams.cold.find((each) => each.what === what && each.fault === fault);
    await expect.poll(async () => (await call(upstreams.coldProxy, (await one?.victim()) ?? '')).status, { timeout: KEYS_RETRY_MS + 5_000, interval: 250 }).toBe(200);
    shown.add(`${what} ${fault}`);
  }, 45_000);
});
