import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestCa, Extension, ExtendedKeyUsage, type LeafOptions, type RevocationOptions, type TestCa } from '../../testing/certificate-maker.js';
import type { ClientCertificate } from '../contract/client-certificate.js';
import { Unavailable } from '../contract/outcome.js';
import type { VerifiedPrincipal } from '../contract/principal.js';
import { createMtlsPlugin } from './mtls.plugin.js';
import { mtlsSchema } from './mtls.settings.js';

const DAY = 86_400_000;
let ca: TestCa;
let otherCa: TestCa;
let dir: string;
let now = Date.now();
const reports: string[] = [];
const clock = { now: () => now };
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'mtls-'));
  [ca, otherCa] = await Promise.all([createTestCa('Issuing CA 1'), createTestCa('Issuing CA 2')]);
});
afterAll(() => rmSync(dir, { recursive: true }));

const pluginWith = (over: Record<string, unknown> = {}, files: { readonly ca?: string; readonly crl?: string } = {}) => {
  writeFileSync(join(dir, 'ca.pem'), files.ca ?? ca.pem);
  if (files.crl !== undefined) writeFileSync(join(dir, 'ca.crl'), files.crl);
  const settings = mtlsSchema.parse({ id: 'apps', type: 'mtls', authority: 'apps', caFile: 'ca.pem', subject: { rdn: 'CN' }, ...(files.crl === undefined ? {} : { crlFiles: ['ca.crl'] }), ...over });
  return createMtlsPlugin(settings, { clock, baseDir: dir, maxProofAgeSeconds: 600, report: ({ event }) => reports.push(event) });
};

const run = (plugin: ReturnType<typeof pluginWith>, certificate: ClientCertificate): Promise<VerifiedPrincipal | string> =>
  new Promise((resolve) => {
    const attempt = Object.assign(Object.create(plugin.strategy) as { authenticate(request: object): void }, {
      success: resolve,
      fail: ({ reason }: { readonly reason: string }) => resolve(`401 ${reason}`),
      error: (problem: unknown) => resolve(problem instanceof Unavailable ? `503 ${problem.upstream}` : `500 ${String(problem)}`),
    });
    attempt.authenticate({ headers: { authorization: '' }, certificate });
  });

const shown = (der: Buffer, over: Partial<ClientCertificate> = {}): ClientCertificate => ({ der, provenAt: now, chainFault: null, isResumed: false, ...over });
const login = async (options: LeafOptions = {}, over: Partial<ClientCertificate> = {}, plugin = pluginWith()) => run(plugin, shown((await ca.issue(options)).der, over));
const reasonOf = (ended: VerifiedPrincipal | string) => (typeof ended === 'string' ? ended : ended.name);

describe('a client certificate', () => {
  it('makes its name the principal, proven by the handshake and never longer than the certificate', async () => {
    const notAfter = new Date(Math.floor(now / 1000) * 1000 + 3_600_000);
    expect(await login({ subject: 'orders', notAfter })).toMatchObject({
      authority: 'apps', tenant: null, subject: 'orders', name: 'orders', issuerKey: 'authority:apps', groups: { kind: 'unknown' }, roles: [], verifiedAt: now, credentialExpiresAt: notAfter.getTime(),
    });
  });

  it('renewed, with a new key and by another pinned CA, is the same principal', async () => {
    const plugin = pluginWith({}, { ca: ca.pem + otherCa.pem });
    const ways = await Promise.all([ca.issue(), ca.issue(), otherCa.issue()].map(async (leaf) => run(plugin, shown((await leaf).der))));
    expect(new Set(ways.map((way) => (way as VerifiedPrincipal).key)).size).toBe(1);
  });

  it('of one socket is one principal object, so that one source makes its tokens', async () => {
    const plugin = pluginWith();
    const certificate = shown((await ca.issue()).der);
    expect(await run(plugin, certificate)).toBe(await run(plugin, certificate));
  });

  it.each<[string, LeafOptions, Partial<ClientCertificate>, string]>([
    ['that has ended', { notBefore: new Date(now - 5 * DAY), notAfter: new Date(now - 1_000) }, {}, '401 expired'],
    ['that begins later', { notBefore: new Date(now + DAY) }, {}, '401 not-yet-valid'],
    ['for servers alone', { usages: [ExtendedKeyUsage.serverAuth] }, {}, '401 wrong-purpose'],
    ['for any purpose', { usages: ['2.5.29.37.0'] }, {}, '401 wrong-purpose'],
    ['that names no purpose', { usages: null }, {}, '401 wrong-purpose'],
    ['that is a CA\'s', { isCa: true }, {}, '401 wrong-purpose'],
    ['signed by itself under the CA\'s name', { isForged: true }, {}, '401 unknown-ca'],
    ['that the TLS library found fault with', {}, { chainFault: 'CERT_UNTRUSTED' }, '401 unknown-ca'],
    ['of a resumed session, which proves no key', {}, { isResumed: true }, '401 proof-ended'],
    ['whose handshake is maxProofAge ago', {}, { provenAt: now - 600_000 }, '401 proof-ended'],
    ['without the attribute', { subject: [] }, {}, '401 unknown-subject'],
    ['with two of the attribute', { subject: [[{ type: '2.5.4.3', value: { utf8String: 'a' } }], [{ type: '2.5.4.3', value: { utf8String: 'b' } }]] }, {}, '401 ambiguous-subject'],
    ['with a NUL in its name', { subject: 'orders\0.evil' }, {}, '401 bad-claims'],
    ['with a blank at the end of its name', { subject: 'orders ' }, {}, '401 bad-claims'],
    ['with an invisible character in its name', { subject: 'or\u200bders' }, {}, '401 bad-claims'],
  ])('%s is refused', async (_, options, over, expected) => {
    expect(reasonOf(await login(options, over))).toBe(expected);
  });

  it('of a CA that is not pinned is refused, also one of the same name, and so is no certificate at all', async () => {
    const plugin = pluginWith();
    const namesake = await createTestCa('Issuing CA 1');
    expect(await run(plugin, shown((await otherCa.issue()).der))).toBe('401 unknown-ca');
    expect(await run(plugin, shown((await namesake.issue()).der))).toBe('401 unknown-ca');
    expect(await run(plugin, shown(Buffer.from('3003', 'hex')))).toBe('401 malformed');
  });

  it('ends with the certificate on an open socket', async () => {
    const plugin = pluginWith();
    const certificate = shown((await ca.issue({ notAfter: new Date(now + 60_000) })).der);
    expect(reasonOf(await run(plugin, certificate))).toBe('orders');
    now += 61_000;
    expect(reasonOf(await run(plugin, certificate))).toBe('401 expired');
    now -= 61_000;
  });
});

describe('a revocation list', () => {
  const stop = (crl: string) => {
    try {
      pluginWith({}, { crl });
      return 'starts';
    } catch (error) {
      return (error as Error).message;
    }
  };
  const withList = async (options: RevocationOptions) => pluginWith({}, { crl: await ca.revocationList(options) });

  it('refuses whom it names, and nobody else', async () => {
    const plugin = await withList({ serials: ['0abc'] });
    expect(reasonOf(await login({ serialNumber: '0abc' }, {}, plugin))).toBe('401 revoked');
    expect(reasonOf(await login({ serialNumber: '0abd' }, {}, plugin))).toBe('orders');
  });

  it('past its nextUpdate says nothing about those whom it does not name, and still refuses those whom it does', async () => {
    const plugin = await withList({ serials: ['77'], nextUpdate: new Date(now + 60_000) });
    expect(plugin.health()).toEqual([{ name: 'apps:certificates', state: 'up' }]);
    now += 61_000;
    expect(reasonOf(await login({}, {}, plugin))).toBe('503 revocation-list');
    expect(reasonOf(await login({ serialNumber: '77' }, {}, plugin))).toBe('401 revoked');
    expect(plugin.health()).toEqual([{ name: 'apps:certificates', state: 'down' }]);
    now -= 61_000;
  });

  it('tells its operator that it has ended: at the start, and each minute that callers meet it', async () => {
    const plugin = await withList({ nextUpdate: new Date(now + 60_000) });
    reports.length = 0;
    await plugin.start();
    expect(reports).toEqual([]);
    const steps = [61_000, 59_999, 1];
    for (const [i, step] of steps.entries()) {
      now += step;
      await login({}, {}, plugin);
      expect(reports).toHaveLength([1, 1, 2][i] ?? 0);
    }
    const started = await withList({ nextUpdate: new Date(now - 1) });
    await started.start();
    expect(reports).toEqual(['revocation-list-ended', 'revocation-list-ended', 'revocation-list-ended']);
    now -= 121_000;
  });

  it.each<[string, () => Promise<string>, RegExp]>([
    ['of another CA', () => otherCa.revocationList(), /a CA that is not pinned/],
    ['with a signature by another key', async () => (await createTestCa('Issuing CA 1')).revocationList(), /signature of a revocation list does not verify/],
    ['that is a part (issuing distribution point)', () => ca.revocationList({ extensions: [new Extension('2.5.29.28', true, new Uint8Array([0x30, 0x00]))] }), /partial revocation list/],
    ['that adds to another (delta)', () => ca.revocationList({ extensions: [new Extension('2.5.29.27', true, new Uint8Array([0x02, 0x01, 0x01]))] }), /partial revocation list/],
    ['from the future', () => ca.revocationList({ thisUpdate: new Date(now + DAY) }), /from the future/],
    ['that is half written', async () => (await ca.revocationList()).slice(0, 200), /holds no revocation list/],
    ['that is nonsense inside', async () => '-----BEGIN X509 CRL-----\nMAMCAQU=\n-----END X509 CRL-----\n', /that is none/],
  ])('%s stops the start', async (_, list, expected) => {
    expect(stop(await list())).toMatch(expected);
  });

  it('is needed for every CA where there are lists', async () => {
    const crl = await ca.revocationList();
    expect(() => pluginWith({}, { ca: ca.pem + otherCa.pem, crl })).toThrow(/no revocation list of the CA 'CN=Issuing CA 2'/);
  });
});

describe('the settings of mtls', () => {
  it.each<[string, () => Promise<string>, RegExp]>([
    ['a file with no certificate', async () => 'nothing', /must hold certificates/],
    ['a certificate that is no CA\'s', async () => (await ca.issue()).pem, /no certificate of a CA/],
    ['a private key', async () => ca.pem + ca.key, /holds a private key/],
  ])('%s in the place of the CAs stops the start', async (_, pem, expected) => {
    const text = await pem();
    expect(() => pluginWith({}, { ca: text })).toThrow(expected);
  });
  it.each([[{}], [{ rdn: 'CN', san: 'dns' }], [{ rdn: 'DN' }], [{ san: 'ip' }]])('the subject %o is no place of a name', (subject) => {
    expect(mtlsSchema.safeParse({ id: 'a', type: 'mtls', authority: 'a', caFile: 'x', subject }).success).toBe(false);
  });
});
