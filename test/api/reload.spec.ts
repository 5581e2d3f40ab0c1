import { copyFileSync, mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { makeCertificates } from '../../stack/src/index.ts';
import { stack as theStack, type Stack } from '../setup/stack.ts';
import { basic, bearer } from './https.client.ts';
import { runProxy, type RunningProxy } from './running-proxy.ts';

/* One snapshot (I27): what is changed in files under a running proxy, and how soon it holds. */
const SAMPLE = fileURLToPath(new URL('../../apps/proxy/postern.sample.yaml', import.meta.url));
const WITHIN_MS = 5_000;
const ALICE = basic('alice', 'alice-secret');

interface Tree {
  gate?: { rules: object[] };
  log: { level: string };
  identity: { protectedNames: string[] };
  limits: { records: number; sessions: number };
  plugins: { caFile: string }[];
}

let stack: Stack;
let proxy: RunningProxy;
let settingsFile: string;
let caFile: string;
let otherCa: string;

const change = (edit: (tree: Tree) => void): void => {
  const tree = parse(readFileSync(SAMPLE, 'utf8')) as Tree;
  edit(tree);
  writeFileSync(`${settingsFile}.new`, stringify(tree));
  renameSync(`${settingsFile}.new`, settingsFile);
};

/** Over one connection that stays open. */
const keptConnection = () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: readFileSync(proxy.proxy.caFile) });
  const sockets = new Set<unknown>();
  const get = (authorization = ALICE): Promise<number> =>
    new Promise((resolve, reject) => {
      request(`${proxy.proxy.url}/topics`, { agent, headers: { authorization } }, (response) => response.resume().on('end', () => resolve(response.statusCode ?? 0)))
        .on('socket', (socket) => sockets.add(socket))
        .on('error', reject)
        .end();
    });
  return { get, sockets, close: () => agent.destroy() };
};

const readiness = async () => {
  const { status, parts } = (await (await fetch(`${proxy.proxy.managementUrl}/readyz`)).json()) as { status: string; parts: { name: string; state: string }[] };
  return { status, down: parts.filter(({ state }) => state === 'down').map(({ name }) => name) };
};
const metric = async (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(await (await fetch(`${proxy.proxy.managementUrl}/metrics`)).text())?.[1]);
const snapshotNumber = () => metric('postern_snapshot_number');

beforeAll(async () => {
  stack = theStack();
  const dir = mkdtempSync(join(stack.runDir, 'reload-'));
  settingsFile = join(dir, 'postern.yaml');
  caFile = join(dir, 'directory-ca.crt');
  copyFileSync(stack.certificates.caFile, caFile);
  otherCa = readFileSync((await makeCertificates(join(dir, 'other'))).caFile, 'utf8');
  change(() => undefined);
  proxy = await runProxy(stack, { settingsFile, environment: { POSTERN__plugins__0__caFile: JSON.stringify(caFile) } });
});
afterAll(() => proxy?.stop());

describe('a running proxy whose files change', () => {
  it('has taken one snapshot at its start, and none without a change', async () => {
    // Ready comes a moment before the gauges.
    await expect.poll(async () => [await snapshotNumber(), await metric('postern_snapshot_refused')], { timeout: WITHIN_MS }).toEqual([1, 0]);
    expect(await metric('postern_snapshot_age_seconds')).toBeGreaterThanOrEqual(0);
  });

  it('refuses by a new rule within its time on a connection that stays open, and the audit record names the snapshot', async () => {
    const { get, sockets, close } = keptConnection();
    expect(await get()).toBe(200);
    change((tree) => (tree.gate = { rules: [{ effect: 'deny', operations: ['api.v2.topics.*'], who: { everyone: true } }] }));
    await expect.poll(() => get(), { timeout: WITHIN_MS, interval: 100 }).toBe(403);
    expect(sockets.size).toBe(1);
    const number = await snapshotNumber();
    await expect.poll(() => proxy.audits().some((record) => record['status'] === 403 && record['snapshot'] === number && record['reason'] === 'denied-by-rule')).toBe(true);
    change(() => undefined);
    await expect.poll(() => get(), { timeout: WITHIN_MS, interval: 100 }).toBe(200);
    close();
  });

  it('protects a name within its time, also from whoever has a session under it, and gives it back', async () => {
    expect((await proxy.call('/topics', { authorization: ALICE })).status).toBe(200);
    const sessions = await metric('postern_sessions');
    expect(sessions).toBeGreaterThanOrEqual(1);
    change((tree) => tree.identity.protectedNames.push('Alice'));
    await expect.poll(async () => (await proxy.call('/topics', { authorization: ALICE })).status, { timeout: WITHIN_MS }).toBe(403);
    await expect.poll(() => metric('postern_sessions'), { timeout: WITHIN_MS }).toBe(sessions - 1);
    change(() => undefined);
    await expect.poll(async () => (await proxy.call('/topics', { authorization: ALICE })).status, { timeout: WITHIN_MS }).toBe(200);
  });

  it.each<[string, () => void, RegExp]>([
    ['that is no YAML', () => writeFileSync(settingsFile, 'listeners: [\n'), /not valid YAML/],
    ['that is half written', () => writeFileSync(settingsFile, readFileSync(SAMPLE, 'utf8').slice(0, 2_500)), /is required|not valid YAML/],
    ['with an unknown key', () => change((tree) => Object.assign(tree, { gaet: {} })), /gaet: unknown key/],
    ['that changes what needs a restart', () => change((tree) => (tree.limits.sessions = 7)), /limits\.sessions: takes effect after a restart/],
  ])('keeps the old settings with a file %s, says degraded and alarms until it is mended', async (_, spoil, said) => {
    const before = await snapshotNumber();
    const known = proxy.log().length;
    spoil();
    await expect.poll(readiness, { timeout: WITHIN_MS }).toEqual({ status: 'degraded', down: ['settings'] });
    expect(await metric('postern_snapshot_refused')).toBe(1);
    await expect.poll(() => proxy.log().slice(known), { timeout: WITHIN_MS }).toMatch(said);
    expect(proxy.log().slice(known)).toContain('"alarm":"bad-reload"');
    expect([(await proxy.call('/topics', { authorization: ALICE })).status, await snapshotNumber()]).toEqual([200, before]);
    change(() => undefined);
    await expect.poll(readiness, { timeout: WITHIN_MS }).toEqual({ status: 'ready', down: [] });
    expect(await metric('postern_snapshot_refused')).toBe(0);
  });

  it('believes a replaced CA of the directory within its time, and no longer the old one', async () => {
    writeFileSync(caFile, otherCa);
    await expect.poll(async () => (await proxy.call('/topics', { authorization: ALICE })).status, { timeout: WITHIN_MS }).toBe(503);
    // Callers whom it does not touch go on.
    expect((await proxy.call('/topics', { authorization: bearer(await stack.issuer.fetchToken('orders-service')) })).status).toBe(200);
    copyFileSync(stack.certificates.caFile, caFile);
    await expect.poll(async () => (await proxy.call('/topics', { authorization: ALICE })).status, { timeout: WITHIN_MS }).toBe(200);
  });

  it('takes other limits and another log level within its time', async () => {
    const produce = async () => (await proxy.call('/topics/none', { authorization: ALICE, contentType: 'application/vnd.kafka.json.v2+json', body: '{"records":[{"value":1},{"value":2}]}' })).status;
    const before = await produce();
    change((tree) => (tree.limits.records = 1));
    await expect.poll(produce, { timeout: WITHIN_MS }).toBe(413);
    change((tree) => (tree.log.level = 'error'));
    await expect.poll(produce, { timeout: WITHIN_MS }).toBe(before);
    // Audit records go on whatever the level (I30); access lines do not.
    const lines = () => proxy.log().split('"kind":"access"').length;
    await expect.poll(async () => {
      const then = lines();
      await produce();
      await new Promise((resolve) => setTimeout(resolve, 150));
      return lines() - then;
    }, { timeout: WITHIN_MS }).toBe(0);
    change(() => undefined);
    await expect.poll(async () => (await produce(), proxy.log().slice(-2_000)), { timeout: WITHIN_MS }).toContain('"kind":"access"');
  });
});
