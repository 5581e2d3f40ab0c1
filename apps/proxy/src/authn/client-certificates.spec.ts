import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import passport from 'passport';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { mtlsPlugin, type CredentialRequest, type Plugin } from '@postern/auth-plugins';
import { createRunner, type Outcomes } from '../../../../libs/auth-plugins/src/runner/plugin.runner.js';
import { createTestCa, ExtendedKeyUsage, type Leaf, type LeafOptions, type TestCa } from '../../../../libs/auth-plugins/testing/certificate-maker.js';
import { startProxyUnderTest, type ProxyUnderTest } from '../../testing/proxy-under-test.js';
import { createAuthentication, createRuns } from './authentication.js';

/* A real TLS listener and a real plugin `mtls`; only Kafka and the way of passwords are tables. */
const DAY = 86_400_000;
let dir: string;
let ca: TestCa;
let strangers: TestCa;
let proxy: ProxyUnderTest | null = null;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'certificates-'));
  [ca, strangers] = await Promise.all([createTestCa('Clients'), createTestCa('Strangers')]);
  const server = await ca.issue({ subject: 'localhost', usages: [ExtendedKeyUsage.serverAuth], san: [{ type: 'dns', value: 'localhost' }] });
  writeFileSync(join(dir, 'server.crt'), server.pem);
  writeFileSync(join(dir, 'server.key'), server.key, { mode: 0o600 });
  writeFileSync(join(dir, 'clients.pem'), ca.pem);
});
afterEach(async () => {
  await proxy?.close();
  proxy = null;
});
afterAll(() => rmSync(dir, { recursive: true }));

/** Takes `name:right` and nothing else. */
const passwords = (): Plugin => {
  const facts = (name: string) => ({ authority: 'corp', pluginId: 'pw', tenant: null, subject: name, issuerKey: 'authority:corp', name, groups: { kind: 'unknown' }, roles: [], applicationId: null, verifiedAt: Date.now(), credentialExpiresAt: null }) as const;
  const run = createRunner({ id: 'pw', authority: 'corp' });
  class Passwords extends passport.Strategy {
    override readonly name = 'pw';
    override authenticate(shown: unknown): void {
      const [name = '', password] = Buffer.from((shown as CredentialRequest).headers.authorization.slice(6), 'base64').toString().split(':');
      run(this as unknown as Outcomes, async () => (password === 'right' ? { kind: 'verified', facts: facts(name) } : { kind: 'rejected', reason: 'bad-credential' }));
    }
  }
  return { id: 'pw', type: 'ldap', authority: 'corp', claims: [{ scheme: 'basic' }], challenges: ['Basic realm="test"'], strategy: new Passwords(), start: async () => undefined, health: () => [], forget: () => undefined, close: async () => undefined };
};

interface Started {
  readonly use?: string;
  readonly crl?: string;
  readonly maxProofAgeSeconds?: number;
}

const start = async ({ use = 'identity', crl, maxProofAgeSeconds = 600 }: Started = {}): Promise<ProxyUnderTest> => {
  if (crl !== undefined) writeFileSync(join(dir, 'clients.crl'), crl);
  const block = { id: 'apps', type: 'mtls', authority: 'apps', caFile: 'clients.pem', subject: { rdn: 'CN' }, ...(crl === undefined ? {} : { crlFiles: ['clients.crl'] }) };
  const certificates = mtlsPlugin.create(mtlsPlugin.schema.parse(block), { clock: { now: () => Date.now() }, baseDir: dir, maxProofAgeSeconds });
  const listener = { name: 'tls', port: 0, kind: 'tls', tls: { certFile: join(dir, 'server.crt'), keyFile: join(dir, 'server.key') }, clientCertificate: use, apis: ['v2', 'hdinsight'] };
  return (proxy = await startProxyUnderTest({}, { listener, hdinsight: { openStatus: true }, maxProofAgeSeconds, authentication: createAuthentication([passwords(), certificates], { issuers: [], audiences: [] }, createRuns(['pw', 'apps'], 5_000)) }));
};

interface Called {
  readonly leaf?: Leaf | undefined;
  readonly headers?: Record<string, string>;
  readonly agent?: Agent;
  readonly path?: string;
}

const agentFor = (leaf?: Leaf): Agent => new Agent({ keepAlive: true, maxSockets: 1, ca: ca.pem, servername: 'localhost', ...(leaf === undefined ? {} : { cert: leaf.pem, key: leaf.key }) });

const call = ({ leaf, headers = {}, agent = agentFor(leaf), path = '/topics' }: Called = {}): Promise<{ readonly status: number; readonly connection: string | undefined }> =>
  new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port: proxy?.port, path, agent, headers }, (response) => {
      response.resume().on('end', () => resolve({ status: response.statusCode ?? 0, connection: response.headers.connection }));
    })
      .on('error', reject)
      .end();
  });

const basic = (name: string, password: string) => ({ authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` });
const answer = async (called: Called) => {
  const { status } = await call(called);
  // The record is written when the answer has gone.
  await new Promise((resolve) => setImmediate(resolve));
  const audit = proxy?.logged.map((line) => JSON.parse(line) as Record<string, string>).findLast(({ kind }) => kind === 'audit');
  return `${status} ${status === 200 ? audit?.['principal'] : audit?.['reason']}`;
};

describe('a caller by certificate', () => {
  it.each<[string, () => Promise<Leaf>, string]>([
    ['of a pinned CA is whom it names', () => ca.issue({ subject: 'orders' }), '200 orders'],
    ['of an unknown CA', () => strangers.issue(), '401 unknown-ca'],
    ['of an unknown CA with the name of the pinned one', async () => (await createTestCa('Clients')).issue(), '401 unknown-ca'],
    ['that has ended', () => ca.issue({ notBefore: new Date(Date.now() - 5 * DAY), notAfter: new Date(Date.now() - DAY) }), '401 expired'],
    ['that begins later', () => ca.issue({ notBefore: new Date(Date.now() + DAY) }), '401 not-yet-valid'],
    ['for servers alone', () => ca.issue({ usages: [ExtendedKeyUsage.serverAuth] }), '401 wrong-purpose'],
    ['signed by itself under the CA\'s name', () => ca.issue({ isForged: true }), '401 unknown-ca'],
    ['of a CA itself', () => ca.issue({ isCa: true }), '401 wrong-purpose'],
    ['with two names', () => ca.issue({ subject: [[{ type: '2.5.4.3', value: { utf8String: 'orders' } }], [{ type: '2.5.4.3', value: { utf8String: 'admin' } }]] } satisfies LeafOptions), '401 ambiguous-subject'],
    ['with a NUL in its name', () => ca.issue({ subject: 'orders\0x' }), '401 bad-claims'],
  ])('%s', async (_, issue, expected) => {
    await start();
    expect(await answer({ leaf: await issue() })).toBe(expected);
  });

  it('of a pinned CA whose own issuer nobody names is whom it names; a CA beside it is not pinned', async () => {
    const root = await createTestCa('Root');
    const [issuing, sister] = await Promise.all([root.issuingCa('Issuing'), root.issuingCa('Sister')]);
    writeFileSync(join(dir, 'clients.pem'), issuing.pem);
    await start();
    const [good, server, stranger] = await Promise.all([issuing.issue(), issuing.issue({ usages: [ExtendedKeyUsage.serverAuth] }), sister.issue()]);
    // Read at the start alone.
    writeFileSync(join(dir, 'clients.pem'), ca.pem);
    expect([await answer({ leaf: good }), await answer({ leaf: server }), await answer({ leaf: stranger })]).toEqual(['200 orders', '401 wrong-purpose', '401 unknown-ca']);
  });

  it('that is revoked is 401, and 503 for all when the list is past its time', async () => {
    const [good, bad] = await Promise.all([ca.issue({ serialNumber: '51' }), ca.issue({ serialNumber: '52' })]);
    await start({ crl: await ca.revocationList({ serials: ['52'] }) });
    expect([await answer({ leaf: good }), await answer({ leaf: bad })]).toEqual(['200 orders', '401 revoked']);
    await proxy?.close();
    await start({ crl: await ca.revocationList({ serials: ['52'], thisUpdate: new Date(Date.now() - 5 * DAY), nextUpdate: new Date(Date.now() - 1_000) }) });
    expect([await answer({ leaf: good }), await answer({ leaf: bad }), await answer({ headers: basic('alice', 'right') })]).toEqual(['503 revocation-list-unavailable', '401 revoked', '200 alice']);
    expect(await answer({ leaf: good, headers: basic('alice', 'right') })).toBe('503 revocation-list-unavailable');
    expect(await answer({ leaf: good, headers: basic('alice', 'wrong') })).toBe('401 bad-credential');
  });

  it('is nobody without one, and a forwarded one from outside is none', async () => {
    await start();
    const { pem } = await ca.issue();
    const forwarded = { 'x-forwarded-client-cert': encodeURIComponent(pem), 'client-cert': `:${Buffer.from(pem).toString('base64')}:`, 'ssl-client-cert': encodeURIComponent(pem), 'x-client-cert': encodeURIComponent(pem), 'x-remote-user': 'orders' };
    expect([await answer({}), await answer({ headers: forwarded })]).toEqual(['401 no-credential', '401 no-credential']);
  });
});

describe('a header beside a certificate (I2)', () => {
  it('decides, and a rejected one never becomes the certificate', async () => {
    await start();
    const leaf = await ca.issue();
    expect([await answer({ leaf, headers: basic('alice', 'right') }), await answer({ leaf, headers: basic('alice', 'wrong') }), await answer({ leaf, headers: { authorization: 'Negotiate abc' } })]).toEqual(['200 alice', '401 bad-credential', '401 unclaimed']);
    expect(await answer({ leaf, headers: { authorization: 'Basic' } })).toBe('400 malformed-credential');
  });
  it('does not make a bad certificate good', async () => {
    await start();
    expect(await answer({ leaf: await strangers.issue(), headers: basic('alice', 'right') })).toBe('401 unknown-ca');
  });
});

describe('clientCertificate', () => {
  it.each([
    ['none', '200 alice', '401 no-credential', '200 alice', '200 alice'],
    ['optional', '200 alice', '401 no-credential', '401 unknown-ca', '200 alice'],
    ['required', '401 no-certificate', '401 no-credential', '401 unknown-ca', '200 alice'],
    ['identity', '200 alice', '200 orders', '401 unknown-ca', '200 alice'],
  ])('%s: password alone %s, certificate alone %s, password with a stranger\'s %s, both %s', async (use, passwordAlone, certificateAlone, withStranger, both) => {
    if (use === 'none') return expect(start({ use })).rejects.toThrow(/no listener has clientCertificate/);
    await start({ use });
    const [leaf, stranger] = await Promise.all([ca.issue(), strangers.issue()]);
    const headers = basic('alice', 'right');
    expect([await answer({ headers }), await answer({ leaf }), await answer({ leaf: stranger, headers }), await answer({ leaf, headers })]).toEqual([passwordAlone, certificateAlone, withStranger, both]);
  });
});

describe('the proof of a handshake', () => {
  it('is renewed by a new connection: half way through its age the socket ends between two requests, and no request is refused', async () => {
    await start({ maxProofAgeSeconds: 3 });
    const agent = agentFor(await ca.issue());
    const seen: string[] = [];
    const until = performance.now() + 3_500;
    while (performance.now() < until) {
      const { status, connection } = await call({ agent }).catch((error: NodeJS.ErrnoException) => ({ status: error.code, connection: '' }));
      seen.push(`${status} ${connection}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    agent.destroy();
    expect(new Set(seen.map((each) => each.slice(0, 3)))).toEqual(new Set(['200']));
    expect(seen.length).toBeGreaterThan(30);
    // Half way through, one answer said so.
    expect(seen.filter((each) => each === '200 close').length).toBeGreaterThanOrEqual(1);
  });

  it('ends a connection with 401, because another one may show another certificate', async () => {
    await start();
    expect(await call({ leaf: await strangers.issue() })).toMatchObject({ status: 401, connection: 'close' });
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('is never a resumed session (%s): a revoked certificate cannot come back by its ticket', async (version) => {
    const { port } = await start();
    const leaf = await ca.issue();
    const open = (session?: Buffer) =>
      new Promise<{ readonly socket: TLSSocket; readonly session: Buffer | undefined }>((resolve, reject) => {
        let last: Buffer | undefined;
        const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', ca: ca.pem, cert: leaf.pem, key: leaf.key, minVersion: version, maxVersion: version, ...(session === undefined ? {} : { session }) }, () =>
          socket.write('GET /topics HTTP/1.1\r\nHost: h\r\n\r\n'),
        );
        socket.on('session', (given: Buffer) => (last = given)).on('data', () => resolve({ socket, session: last ?? socket.getSession() })).on('error', reject);
      });
    const first = await open();
    expect(first.socket.isSessionReused()).toBe(false);
    const again = await open(first.session);
    expect(again.socket.isSessionReused()).toBe(false);
    first.socket.destroy();
    again.socket.destroy();
  });

  it.each([
    ['identity', 'nobody', 200, async (): Promise<Leaf | undefined> => undefined],
    ['identity', 'a valid one', 200, () => ca.issue({ subject: 'orders' })],
    ['identity', 'a stranger', 401, () => strangers.issue()],
    ['optional', 'a valid one', 200, () => ca.issue({ subject: 'orders' })],
    ['optional', 'a stranger', 401, () => strangers.issue()],
    ['required', 'nobody', 401, async (): Promise<Leaf | undefined> => undefined],
    ['required', 'a valid one', 200, () => ca.issue({ subject: 'orders' })],
  ] as const)('with `%s`: the status that a setting opens is shown to %s with %i', async (use, _, status, leafOf) => {
    await start({ use });
    expect((await call({ path: '/v1/status', leaf: await leafOf() })).status).toBe(status);
  });

  it('never changes on an open connection: renegotiation is refused', async () => {
    const { port } = await start();
    const leaf = await ca.issue();
    const ended = await new Promise<string>((resolve) => {
      const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', ca: ca.pem, cert: leaf.pem, key: leaf.key, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }, () => {
        socket.renegotiate({}, (error) => resolve(error === null ? 'taken' : 'refused'));
      });
      socket.on('error', () => resolve('refused'));
    });
    expect(ended).toBe('refused');
  });
});
