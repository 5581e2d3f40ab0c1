import { mkdtempSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Plugin } from '@postern/auth-plugins';
import { makeCertificates, PEOPLE, sleep, startDirectory, waitUntil, type Directory } from '../../stack/src/index.ts';
import { stack } from '../setup/stack.ts';
import { ldapFor as pluginFor } from './ldap-plugin.setup.ts';
import { basic, principalOf, run } from './run-plugin.ts';

const ALICE = basic('alice', 'alice-secret');
/** A login that nothing remembered answers: its own wrong password, from its own source. */
const guess = (() => {
  let n = 0;
  return (plugin: Plugin, uid: string) => run(plugin, basic(uid, `wrong-${(n += 1)}`), `10.${n >> 8}.0.${n & 255}`);
})();

const openSockets = () => process.getActiveResourcesInfo().filter((resource) => resource === 'TCPSocketWrap').length;
/** Counted once those of the specs before this one have closed. */
const quietSockets = async () => {
  await sleep(100);
  return openSockets();
};

describe.each(['ldapjs', 'ldapts'] as const)('a directory that fails, by %s', (driver) => {
  let directory: Directory;
  let otherCa = '';
  const ldapFor = (against: Directory, over: Parameters<typeof pluginFor>[1] = {}) => pluginFor(against, { driver, ...over });
  beforeAll(async () => {
    const runDir = mkdtempSync(join(stack().runDir, 'faulty-directory-'));
    directory = await startDirectory({ runDir, certificates: await makeCertificates(join(runDir, 'tls')), usualPorts: false, lifetime: 'parent' });
    otherCa = (await makeCertificates(join(runDir, 'other-tls'))).caFile;
  });
  afterAll(() => directory.stop());

  it('is reported by readiness without any caller, and does not stop the start', async () => {
    const away = ldapFor(directory, { urls: ['ldaps://127.0.0.1:1'] }).plugin;
    await away.start();
    expect(away.health()).toEqual([{ name: 'corp-ldap:directory', state: 'down' }]);
    await away.close();
    const { plugin } = ldapFor(directory);
    expect(plugin.health()[0]?.state).toBe('unknown');
    await plugin.start();
    expect(plugin.health()[0]?.state).toBe('up');
    await plugin.close();
  });

  it.each([
    ['refuses connections', { urls: ['ldaps://127.0.0.1:1'] }, 'connect-failed:connect'],
    ['shows a certificate of another CA', () => ({ caFile: otherCa }), 'connect-failed:tls'],
    ['shows a certificate of another name', { serverName: 'directory.example.test' }, 'connect-failed:tls'],
  ])('that %s could not decide', async (_sentence, over, report) => {
    const { plugin, reports } = ldapFor(directory, typeof over === 'function' ? over() : over);
    expect(await run(plugin, ALICE)).toBe('503 directory');
    expect(reports).toContain(report);
    await plugin.close();
  });

  it('that has a replica is asked there', async () => {
    const { plugin, reports } = ldapFor(directory, { urls: ['ldaps://127.0.0.1:1', directory.url] });
    expect(principalOf(await run(plugin, ALICE)).name).toBe('alice');
    await guess(plugin, 'bob');
    // Known from then on: later connections start at the replica that answered.
    expect(reports.filter((report) => report.startsWith('connect-failed')).length).toBeLessThanOrEqual(2);
    await plugin.close();
  });

  describe('on its port, by a server that is none', () => {
    let server: Server;
    let port = 0;
    const sockets = new Set<Socket>();
    const listen = async (answer: Buffer | null) => {
      server = createServer((socket) => {
        sockets.add(socket);
        socket.on('error', () => undefined);
        // Read and thrown away, or this end would never notice that the other one closed.
        socket.resume();
        if (answer !== null) socket.write(answer);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const address = server.address();
      port = typeof address === 'object' && address !== null ? address.port : 0;
    };
    it.each([
      ['says nothing, so that the TLS handshake stalls', 'ldaps', null],
      ['says nothing to LDAP', 'ldap', null],
      ['answers with bytes that are not LDAP', 'ldap', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
      ['announces an answer of 2 GB', 'ldap', Buffer.from([0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, 0x02, 0x01, 0x01])],
    ])('that %s gets its callers 503 within the deadline', async (_sentence, scheme, answer) => {
      await listen(answer);
      const { plugin } = ldapFor(directory, { urls: [`${scheme}://127.0.0.1:${port}`], loginDeadlineMs: 400, connectTimeoutMs: 300, ...(scheme === 'ldap' ? { unsafe: true } : {}) });
      const openBefore = await quietSockets();
      const before = performance.now();
      expect(await run(plugin, ALICE)).toBe('503 directory');
      expect(performance.now() - before).toBeLessThan(4_000);
      await waitUntil('the connection is given up', async () => (openSockets() <= openBefore ? true : null), 1_000);
      await plugin.close();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    });
  });

  it('frozen with logins on the way gives 503 within the deadline, keeps remembered logins, and recovers', async () => {
    const { plugin } = ldapFor(directory, { loginDeadlineMs: 600 });
    expect(principalOf(await run(plugin, ALICE)).name).toBe('alice');
    directory.freeze();
    const before = performance.now();
    const ended = await Promise.all(Array.from({ length: 30 }, () => guess(plugin, 'bob')));
    expect(new Set(ended)).toEqual(new Set(['503 directory']));
    expect(performance.now() - before).toBeLessThan(5_000);
    expect(principalOf(await run(plugin, ALICE)).name).toBe('alice');
    directory.thaw();
    expect(principalOf(await run(plugin, basic('dave', 'p:a:ss wörd'))).name).toBe('dave');
    await plugin.close();
  });

  it('killed with logins on the way gives 503, and the first login after its restart is right', async () => {
    const { plugin } = ldapFor(directory);
    await run(plugin, ALICE);
    const under = Array.from({ length: 50 }, () => guess(plugin, 'bob'));
    await directory.kill();
    expect((await Promise.all(under)).every((end) => end === '503 directory' || end === '401 bad-credential')).toBe(true);
    expect(await run(plugin, basic('dave', 'p:a:ss wörd'))).toBe('503 directory');
    await directory.restart();
    expect(principalOf(await run(plugin, basic('dave', 'p:a:ss wörd'))).name).toBe('dave');
    await plugin.close();
  });

  it('keeps a pooled connection beyond the deadline of the login that opened it', async () => {
    const before = await quietSockets();
    const { plugin } = ldapFor(directory, { loginDeadlineMs: 200, connectTimeoutMs: 150 });
    expect(principalOf(await run(plugin, ALICE)).name).toBe('alice');
    await sleep(400);
    expect(openSockets() - before).toBe(2);
    await plugin.close();
  });

  it('refusing its service account says 503 to callers and why to operators', async () => {
    const { plugin, reports } = ldapFor(directory, { service: { dn: 'cn=nobody,dc=example,dc=test', passwordFile: directory.service.passwordFile } });
    expect(await run(plugin, ALICE)).toBe('503 directory');
    expect(reports).toContain('service-bind-refused:49');
    await plugin.close();
  });

  it('under a thousand mixed logins never gives a wrong verdict, nor more connections than its pools', async () => {
    const { plugin } = ldapFor(directory, { cache: { credentialSeconds: 0, negativeSeconds: 0 }, connections: { search: 2, bind: 8, waiting: 2_000 }, loginDeadlineMs: 20_000 });
    const people = PEOPLE.filter(({ uid }) => uid !== 'bob');
    const before = await quietSockets();
    let most = 0;
    const wrong: unknown[] = [];
    /** One login after the other; lanes start at different people, so that no two wait for one answer. */
    const lane = async (offset: number) => {
      for (let n = 0; n < 100; n += 1) {
        const { uid, password } = people[(offset + n) % people.length] ?? { uid: '', password: '' };
        const end = await run(plugin, basic(uid, password));
        if (typeof end === 'string' || end.name !== uid) wrong.push(end);
        const refused = await guess(plugin, `nobody-${offset}-${n}`);
        if (refused !== '401 unknown-subject') wrong.push(refused);
        most = Math.max(most, openSockets() - before);
      }
    };
    await Promise.all(people.map((_, offset) => lane(offset)));
    expect(wrong).toEqual([]);
    expect(most).toBeLessThanOrEqual(10);
    await plugin.close();
  });

  it('that locks accounts is asked less often than it takes to lock one', async () => {
    const { plugin } = ldapFor(directory, { failureBudget: { lockoutThreshold: 5 } });
    // At the same time: beyond the budget each waits for half of the login deadline before it is refused.
    const ended = await Promise.all(Array.from({ length: 20 }, () => guess(plugin, 'carol')));
    expect(ended.filter((end) => end === '401 bad-credential')).toHaveLength(2);
    expect(ended.filter((end) => end === '429')).toHaveLength(18);
    await plugin.close();
    const { plugin: other } = ldapFor(directory);
    expect(principalOf(await run(other, basic('carol', 'carol-secret'))).name).toBe('carol');
    await other.close();
  });

  it('leaves no connection behind when its plugin closes', async () => {
    const before = await quietSockets();
    const { plugin } = ldapFor(directory);
    await Promise.all(PEOPLE.map(({ uid, password }) => run(plugin, basic(uid, password))));
    expect(openSockets()).toBeGreaterThan(before);
    await plugin.close();
    await waitUntil('no connection is left', async () => (openSockets() <= before ? true : null), 3_000);
  });
});
