import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDirectory, type Certificates, startIssuer, type Directory, type Issuer, type Kafka } from '../../stack/src/index.ts';
import { startOwnKafka } from '../setup/own-kafka.ts';
import { stack as theStack, type Stack } from '../setup/stack.ts';
import { basic, bearer, V2_JSON } from './https.client.ts';
import { runProxy, type RunningProxy } from './running-proxy.ts';

/*
 * Each part stops in turn while callers go on: 503 with Retry-After within the deadline, never 401 and never a hang, and
 * everything recovers by itself. The parts are the spec's own, so that no other spec feels it.
 */
const ALICE = basic('alice', 'alice-secret');
const BODY = '{"records":[{"value":"once"}]}';
const DEADLINE_MS = 3_000;
let stack: Stack;
let kafka: Kafka;
let directory: Directory;
let issuer: Issuer;
let proxy: RunningProxy;

beforeAll(async () => {
  stack = theStack();
  const shared = { certificates: stack.certificates as Certificates, usualPorts: false, lifetime: 'parent' } as const;
  [directory, issuer] = await Promise.all([
    startDirectory({ ...shared, runDir: mkdtempSync(join(stack.runDir, 'own-directory-')) }),
    startIssuer({ ...shared, runDir: mkdtempSync(join(stack.runDir, 'own-issuer-')) }),
  ]);
  kafka = await startOwnKafka({ ...stack, issuer: issuer.describe() });
  await kafka.createTopics({ name: 'outage', partitions: 1 });
  await kafka.addAcls(...['alice', issuer.client('orders-service').objectId].map((principal) => ({ principal, resource: 'topic', name: 'outage', operations: ['write', 'describe'] }) as const));
  proxy = await runProxy(stack, {
    bootstrap: { minted: kafka.bootstrap['minted'] ?? '', caller: kafka.bootstrap['caller'] ?? '' },
    directory,
    issuer,
    environment: {
      POSTERN__clusters__0__brokerDeadlineMs: String(DEADLINE_MS),
      POSTERN__identity__loginDeadlineMs: '2000',
      POSTERN__plugins__0__loginDeadlineMs: '2000',
      // So that logins reach the directory in each case, and not the cache of the case before.
      POSTERN__plugins__0__cache: '{credentialSeconds: 0, negativeSeconds: 0}',
      POSTERN__plugins__0__service__passwordFile: directory.service.passwordFile,
      POSTERN__plugins__1__verifiedTokenCacheSeconds: '0',
    },
  });
}, 120_000);
afterAll(async () => {
  await proxy?.stop();
  await Promise.all([kafka?.stop(), directory?.stop(), issuer?.stop()]);
});

const post = (authorization: string) => proxy.call('/topics/outage', { authorization, contentType: V2_JSON, body: BODY });
const list = (authorization: string) => proxy.call('/topics', { authorization });
const readiness = async () => {
  const response = await fetch(`${proxy.proxy.managementUrl}/readyz`);
  return { status: response.status, parts: Object.fromEntries(((await response.json()) as { parts: { name: string; state: string }[] }).parts.map(({ name, state }) => [name, state])) };
};
const recovers = (authorization: string) => expect.poll(async () => (await post(authorization)).status, { timeout: 15_000, interval: 250 }).toBe(200);

describe('Kafka stops', () => {
  it('gone: 503/50302 with Retry-After within the deadline, readiness names it, and it recovers without a restart', async () => {
    expect((await post(ALICE)).status).toBe(200);
    await kafka.stop();
    for (const call of [post, list]) {
      const answer = await call(ALICE);
      expect([answer.status, JSON.parse(answer.body).error_code, answer.headers['retry-after']]).toEqual([503, 50302, '5']);
      expect(answer.ms).toBeLessThan(DEADLINE_MS + 2_000);
    }
    await expect.poll(async () => (await readiness()).parts['kafka:main'], { timeout: 15_000 }).toBe('down');
    expect((await readiness()).status).toBe(503);
    await kafka.restart();
    await recovers(ALICE);
    await expect.poll(async () => (await readiness()).status, { timeout: 15_000 }).toBe(200);
  }, 60_000);

  it('frozen: reads get 503, writes that may have been written say so, all within the deadline, and it recovers', async () => {
    expect((await post(ALICE)).status).toBe(200);
    kafka.freeze();
    try {
      // SIGSTOP reaches a process of many threads a moment later: the first call may still be answered.
      await expect.poll(async () => (await list(ALICE)).status, { timeout: 10_000 }).toBe(503);
      const [read, write] = await Promise.all([list(ALICE), post(ALICE)]);
      expect([read.status, read.headers['retry-after']]).toEqual([503, '5']);
      // The record may be in the broker's hands: an honest entry instead of an invitation to send it twice.
      expect([200, 503]).toContain(write.status);
      if (write.status === 200) expect(JSON.parse(write.body).offsets[0]).toMatchObject({ error_code: 50003, error: expect.stringContaining('outcome unknown') });
      for (const answer of [read, write]) expect(answer.ms).toBeLessThan(DEADLINE_MS + 2_000);
      const health = await fetch(`${proxy.proxy.managementUrl}/healthz`, { signal: AbortSignal.timeout(1_000) });
      expect(health.status).toBe(200);
    } finally {
      kafka.thaw();
    }
    await recovers(ALICE);
  }, 60_000);
});

describe('the directory stops', () => {
  it('gone: 503 with Retry-After and never 401, for right and wrong passwords alike; others go on; it recovers', async () => {
    const service = bearer(await issuer.fetchToken('orders-service', 'api://postern-v1'));
    await directory.stop();
    for (const authorization of [ALICE, basic('alice', 'wrong'), basic('nobody', 'x')]) {
      const answer = await list(authorization);
      expect([answer.status, JSON.parse(answer.body).error_code, answer.headers['retry-after'], answer.headers['www-authenticate']]).toEqual([503, 503, '5', undefined]);
      expect(answer.ms).toBeLessThan(4_000);
    }
    expect((await post(service)).status).toBe(200);
    await directory.restart();
    await recovers(ALICE);
    expect((await list(basic('alice', 'wrong'))).status).toBe(401);
  }, 60_000);

  it('frozen: 503 at the login deadline, and it recovers', async () => {
    directory.freeze();
    try {
      const answer = await list(ALICE);
      expect(answer.status).toBe(503);
      expect(answer.ms).toBeLessThan(4_000);
    } finally {
      directory.thaw();
    }
    await recovers(ALICE);
  }, 60_000);
});

describe('the issuer stops', () => {
  it('gone: tokens of known keys go on; a proxy that never had keys says 503, not 401, and recovers', async () => {
    const tokens = [bearer(await issuer.fetchToken('orders-service', 'api://postern-v1')), bearer(await issuer.fetchToken('orders-service'))];
    expect((await post(tokens[0] ?? '')).status).toBe(200);
    await issuer.stop();
    for (const token of tokens) expect((await post(token)).status).toBe(200);

    await proxy.proxy.restart();
    await expect.poll(async () => (await post(ALICE)).status, { timeout: 10_000 }).toBe(200);
    for (const token of tokens) {
      const answer = await list(token);
      expect([answer.status, answer.headers['retry-after'] !== undefined]).toEqual([503, true]);
    }
    expect((await post(ALICE)).status).toBe(200);
    await issuer.restart();
    for (const token of tokens) await expect.poll(async () => (await list(token)).status, { timeout: 45_000, interval: 500 }).toBe(200);
  }, 120_000);

  it.each(['html', 'unavailable', 'stall'] as const)('its key set answers with %s: known keys go on', async (kind) => {
    const token = bearer(await issuer.fetchToken('orders-service', 'api://postern-v1'));
    await issuer.fault('keys', kind);
    try {
      expect((await post(token)).status).toBe(200);
    } finally {
      await issuer.fault('keys', 'none');
    }
  });
});
