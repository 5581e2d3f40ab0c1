import { mkdtempSync, readFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chosenProgram, makeCertificates, personDn, startDirectory, withLdap, type Directory } from '../../stack/src/index.ts';
import { stack } from '../setup/stack.ts';
import { ldapFor } from './ldap-plugin.setup.ts';
import { basic, principalOf, run } from './run-plugin.ts';

const ALICE = basic('alice', 'alice-secret');
const AGREED = Buffer.from('300c02010178070a010004000400', 'hex');
/** A bind response "success" to the next message, as somebody on the way would write it. */
const FORGED = Buffer.from('300c02010261070a010004000400', 'hex');

/** slapd is the one of the two directories that offers STARTTLS; where it is not installed, only refusals can be shown. */
const isSlapd = chosenProgram('') === 'slapd';

describe.each(['ldapjs', 'ldapts'] as const)('STARTTLS by %s', (driver) => {
  let directory: Directory;
  let otherCa = '';
  beforeAll(async () => {
    const runDir = mkdtempSync(join(stack().runDir, 'start-tls-'));
    directory = await startDirectory({ runDir, certificates: await makeCertificates(join(runDir, 'tls')), usualPorts: false, lifetime: 'parent' });
    otherCa = (await makeCertificates(join(runDir, 'other-tls'))).caFile;
  });
  afterAll(() => directory.stop());

  let server: Server | null = null;
  const sockets = new Set<Socket>();
  afterAll(() => server?.close());
  /** A server of the specification's own. @returns its URL, and all bytes that came to it in clear text */
  const listen = async (serve: (socket: Socket) => void) => {
    const heard: Buffer[] = [];
    const own = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('data', (bytes) => heard.push(bytes));
      serve(socket);
    });
    server = own;
    await new Promise<void>((resolve) => own.listen(0, '127.0.0.1', resolve));
    const address = own.address();
    return {
      url: `ldap://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
      heard: () => Buffer.concat(heard).toString('latin1'),
      close: async () => {
        for (const socket of sockets) socket.destroy();
        await new Promise((resolve) => own.close(resolve));
      },
    };
  };
  const login = async (over: Parameters<typeof ldapFor>[1], password = 'alice-secret') => {
    const { plugin, reports } = ldapFor(directory, { driver, startTls: true, loginDeadlineMs: 800, connectTimeoutMs: 400, ...over });
    const ended = await run(plugin, basic('alice', password));
    await plugin.close();
    return { ended, reports };
  };

  const stripped = [
    ['refuses it', (socket: Socket) => socket.once('data', () => socket.write(Buffer.from('300c02010178070a010204000400', 'hex'))), 'starttls'],
    ['does not know it', (socket: Socket) => socket.once('data', () => socket.write(Buffer.from('300c02010178070a013504000400', 'hex'))), 'starttls'],
    ['closes instead', (socket: Socket) => socket.once('data', () => socket.end()), 'starttls'],
    ['answers with bytes that are not LDAP', (socket: Socket) => socket.once('data', () => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')), 'starttls'],
    ['says nothing', () => undefined, 'deadline'],
    ['agrees and then says nothing', (socket: Socket) => socket.once('data', () => socket.write(AGREED)), null],
    ['agrees and goes on in clear text', (socket: Socket) => socket.once('data', () => socket.write(Buffer.concat([AGREED, FORGED]))), 'starttls'],
    ['agrees, and says more in clear text a moment later', (socket: Socket) => socket.once('data', () => {
      socket.write(AGREED);
      setTimeout(() => socket.write(FORGED), 30);
    }), null],
  ] as const;
  it.each(stripped)('of a server that %s is 503, and nothing is said in clear text', async (_sentence, serve, reason) => {
    const own = await listen(serve);
    const { ended, reports } = await login({ urls: [own.url] });
    expect(ended).toBe('503 directory');
    if (reason !== null) expect(reports[0]).toBe(`connect-failed:${reason}`);
    const said = own.heard();
    expect(said.slice(0, 31)).toBe('0\u001d\u0002\u0001\u0001w\u0018\u0080\u00161.3.6.1.4.1.1466.20037');
    expect(said).not.toContain('secret');
    // After the request there is a TLS handshake record or nothing.
    expect(['', '\u0016']).toContain(said.slice(31, 32));
    expect(said).not.toContain(readFileSync(directory.service.passwordFile, 'latin1'));
    await own.close();
  });

  if (isSlapd) {
    it('does as LDAPS does', async () => {
      const urls = [directory.plainUrl];
      expect(principalOf((await login({ urls })).ended).name).toBe('alice');
      expect((await login({ urls }, 'wrong')).ended).toBe('401 bad-credential');
    });
    it('pools its connections, and leaves none behind', async () => {
      const { plugin } = ldapFor(directory, { driver, startTls: true, urls: [directory.plainUrl], cache: { credentialSeconds: 0 } });
      for (let n = 0; n < 50; n += 1) expect(principalOf(await run(plugin, ALICE)).name).toBe('alice');
      await plugin.close();
    });
    it.each([
      ['another CA', () => ({ caFile: otherCa })],
      ['another name', () => ({ serverName: 'directory.example.test' })],
    ])('with a certificate of %s could not decide', async (_sentence, over) => {
      const { ended, reports } = await login({ urls: [directory.plainUrl], ...over() });
      expect([ended, reports]).toEqual(['503 directory', ['connect-failed:tls', 'connection:tls']]);
    });
    it('is what the directory demands: a password in clear text is refused there', async () => {
      await expect(withLdap({ ...directory.admin, url: directory.plainUrl ?? '', dn: personDn('alice'), password: 'alice-secret' }, () => Promise.resolve(0))).rejects.toMatchObject({ code: 13 });
    });

    it('through somebody who puts a forged answer before TLS could not decide', async () => {
      const port = Number(new URL(directory.plainUrl ?? '').port);
      const own = await listen((socket) => {
        const behind = connect(port, '127.0.0.1');
        behind.on('error', () => undefined);
        sockets.add(behind);
        socket.on('data', (bytes) => behind.write(bytes));
        behind.once('data', (bytes) => {
          socket.write(Buffer.concat([bytes, FORGED]));
          behind.on('data', (more) => socket.write(more));
        });
      });
      const { ended, reports } = await login({ urls: [own.url] });
      expect([ended, reports[0]]).toEqual(['503 directory', 'connect-failed:starttls']);
      await own.close();
    });
  }
});
