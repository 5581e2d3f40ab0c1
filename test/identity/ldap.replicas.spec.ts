import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer, type TLSSocket } from 'node:tls';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Plugin } from '@postern/auth-plugins';
import { makeCertificates, sleep, startDirectory, waitUntil, withLdap, type Certificates, type Directory } from '../../stack/src/index.ts';
import { stack } from '../setup/stack.ts';
import { ldapFor } from './ldap-plugin.setup.ts';
import { basic, principalOf, run } from './run-plugin.ts';

const ALICE = basic('alice', 'alice-secret');
const DEADLINE = 2_000;

/** Two directories with the same people. Their entryUUIDs differ, so that a login tells which of them answered it. */
describe.each(['ldapjs', 'ldapts'] as const)('two directories in order, by %s', (driver) => {
  let certificates: Certificates;
  let first: Directory;
  let second: Directory;
  const ids = { first: '', second: '' };
  beforeAll(async () => {
    const runDir = mkdtempSync(join(stack().runDir, 'replicas-'));
    certificates = await makeCertificates(join(runDir, 'tls'));
    const start = (name: string) => startDirectory({ runDir: join(runDir, name), certificates, usualPorts: false, lifetime: 'parent' });
    [first, second] = await Promise.all([start('first'), start('second')]);
    await shareServiceAccount();
    await readIds();
  });
  afterAll(async () => {
    await Promise.all([first.stop(), second.stop()]);
  });
  afterEach(() => vi.useRealTimers());

  const shareServiceAccount = () => withLdap(second.admin, (ldap) => ldap.modify(second.service.dn, 'replace', 'userPassword', [readFileSync(first.service.passwordFile, 'utf8')]));
  const idAt = async (directory: Directory) => (await directory.readPerson('alice', ['entryUUID']))['entryUUID']?.[0] ?? '';
  const readIds = async () => Object.assign(ids, { first: await idAt(first), second: await idAt(second) });

  const make = (urls: readonly string[] = [first.url, second.url]) =>
    ldapFor(first, { driver, urls, loginDeadlineMs: DEADLINE, connectTimeoutMs: 300, cache: { credentialSeconds: 0, negativeSeconds: 0 } });
  /** Which of them let alice in, and after how many ms. */
  const login = async (plugin: Plugin) => {
    const before = performance.now();
    const ended = await run(plugin, ALICE);
    const ms = performance.now() - before;
    const subject = typeof ended === 'string' ? ended : principalOf(ended).subject;
    return { by: subject === ids.first ? 'first' : subject === ids.second ? 'second' : subject, ms };
  };

  it('are asked in that order', async () => {
    const { plugin, reports } = make();
    for (let n = 0; n < 5; n += 1) expect((await login(plugin)).by).toBe('first');
    expect(reports).toEqual([]);
    await plugin.close();
  });
  it('of which the first refuses connections are asked in the other order from then on, and that costs one attempt', async () => {
    const { plugin, reports } = make(['ldaps://127.0.0.1:1', second.url]);
    for (let n = 0; n < 5; n += 1) expect((await login(plugin)).by).toBe('second');
    expect(reports).toEqual(['connect-failed:connect']);
    await plugin.close();
  });
  it('of which the first is frozen in mid-use still answer every login within the one deadline, and the next ones at once', async () => {
    const { plugin } = make();
    expect((await login(plugin)).by).toBe('first');
    first.freeze();
    try {
      // The stop reaches the process a moment after it is sent.
      await sleep(100);
      const moved = await login(plugin);
      expect(moved.by).toBe('second');
      expect(moved.ms).toBeLessThan(DEADLINE);
      const next = await login(plugin);
      expect(next.by).toBe('second');
      expect(next.ms).toBeLessThan(DEADLINE / 2);
      const fresh = make().plugin;
      expect((await login(fresh)).by).toBe('second');
      await fresh.close();
    } finally {
      first.thaw();
    }
    await plugin.close();
  });
  it('of which the first comes back are asked in their order again after the next probe, without a login that waits for it', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const { plugin } = make();
    await plugin.start();
    first.freeze();
    try {
      await sleep(100);
      expect((await login(plugin)).by).toBe('second');
      // A probe in between finds it as it was; no caller pays for that.
      vi.advanceTimersByTime(10_000);
      const meanwhile = await login(plugin);
      expect(meanwhile.by).toBe('second');
      expect(meanwhile.ms).toBeLessThan(DEADLINE / 2);
    } finally {
      first.thaw();
    }
    await waitUntil('the first is asked again', async () => {
      vi.advanceTimersByTime(10_000);
      await sleep(50);
      return (await login(plugin)).by === 'first' ? true : null;
    }, 5_000);
    await plugin.close();
  });
  it.each([
    ['with bytes that are not LDAP', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['with the beginning of 2 GB', Buffer.from([0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, 0x02, 0x01, 0x01])],
    ['by closing', null],
  ])('of which the first answers %s, under a good certificate, let everyone in by the second', async (_sentence, answer) => {
    const sockets = new Set<TLSSocket>();
    const { certFile, keyFile } = certificates.servers.directory;
    const bad = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, (socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('data', () => (answer === null ? socket.destroy() : socket.write(answer)));
    });
    await new Promise<void>((resolve) => bad.listen(0, '127.0.0.1', resolve));
    const address = bad.address();
    const { plugin } = make([`ldaps://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`, second.url]);
    const moved = await login(plugin);
    expect(moved.by).toBe('second');
    expect(moved.ms).toBeLessThan(DEADLINE);
    expect((await login(plugin)).ms).toBeLessThan(DEADLINE / 2);
    await plugin.close();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => bad.close(resolve));
  });
  it('of which the first dies with its connections in the pool let the next login in by the second', async () => {
    const { plugin } = make();
    expect((await login(plugin)).by).toBe('first');
    await first.kill();
    expect((await login(plugin)).by).toBe('second');
    await plugin.close();
    await first.restart();
    await withLdap(first.admin, (ldap) => ldap.modify(first.service.dn, 'replace', 'userPassword', [readFileSync(first.service.passwordFile, 'utf8')]));
    await readIds();
  });
  it('that are both frozen are 503 within the one deadline', async () => {
    const { plugin } = make();
    await login(plugin);
    first.freeze();
    second.freeze();
    try {
      await sleep(100);
      const ended = await login(plugin);
      expect(ended.by).toBe('503 directory');
      expect(ended.ms).toBeLessThan(2 * DEADLINE);
    } finally {
      first.thaw();
      second.thaw();
    }
    await plugin.close();
  });
});
