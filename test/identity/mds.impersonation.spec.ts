import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createAuthorities, createCredentialMatrix, mtlsPlugin, type ClientCertificate, type MintRecord, type VerifiedPrincipal } from '@postern/auth-plugins';
import { createTestCa, type TestCa } from '../../libs/auth-plugins/testing/certificate-maker.js';
import { startMds, type Mds, type MdsFault } from '../../stack/src/index.ts';
import { stack } from '../setup/stack.ts';
import { collectReports, principalOf, testClock, type Ended } from './run-plugin.ts';

const payloadOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;

describe('callers by certificate whose tokens MDS makes', () => {
  let mds: Mds;
  let dir = '';
  let ca: TestCa;
  beforeAll(async () => {
    const { certificates, directory, runDir } = stack();
    dir = mkdtempSync(join(runDir, 'impersonation-'));
    ca = await createTestCa('Applications');
    const [postern, nobody] = await Promise.all([ca.issue({ subject: 'postern' }), ca.issue({ subject: 'nobody' })]);
    writeFileSync(join(dir, 'clients.pem'), ca.pem);
    for (const [name, leaf] of Object.entries({ postern, nobody })) {
      writeFileSync(join(dir, `${name}.crt`), leaf.pem);
      writeFileSync(join(dir, `${name}.key`), leaf.key, { mode: 0o600 });
    }
    writeFileSync(join(dir, 'bob.password'), 'bob-secret\n', { mode: 0o600 });
    mds = await startMds({ certificates, directory, usualPorts: false, lifetime: 'parent', runDir: join(dir, 'mds'), clientCaFile: join(dir, 'clients.pem'), superUsers: ['postern', 'bob'], protectedUsers: ['treasury'] });
  });
  afterEach(() => Promise.all([mds.fault('none'), mds.shapeTokens()]));
  afterAll(() => mds.stop());

  const setUp = (over: Record<string, unknown> = {}) => {
    const { clock, later } = testClock();
    const { seen: reports, report } = collectReports();
    const impersonation = { urls: [mds.url], caFile: mds.caFile, publicKeyFiles: [mds.publicKeyFile], as: { certFile: 'postern.crt', keyFile: 'postern.key' }, deadlineMs: 600, nodeTimeoutMs: 400, ...over };
    const plugin = mtlsPlugin.create(mtlsPlugin.schema.parse({ id: 'apps', type: 'mtls', authority: 'apps', caFile: 'clients.pem', subject: { rdn: 'CN' }, impersonation }), { clock, baseDir: dir, report, maxProofAgeSeconds: 600 });
    const authorities = createAuthorities({ protectedNames: ['admin', 'broker', 'postern'], authorities: [{ id: 'apps', admits: { anyoneInThisTenant: true }, kafkaNames: { owns: 'plain' } }] });
    const records: MintRecord[] = [];
    const sink = { isUp: true };
    const matrix = createCredentialMatrix({
      plugins: [plugin], authorities, maxProofAgeSeconds: 600, clock,
      audit: (record) => {
        if (!sink.isUp) throw new Error('disk full');
        records.push(record);
      },
      tokens: { clusterIds: [], isLive: () => true, mint: () => Promise.reject(new Error('nothing is minted here')) },
      clusters: [{ id: 'main', listeners: [{ name: 'mds', trusts: { kind: 'mds', issuer: 'Confluent' } }], credentials: [{ from: 'authority:apps', source: 'mds', listener: 'mds' }] }],
    });
    const login = async (subject: string): Promise<VerifiedPrincipal> => {
      const certificate: ClientCertificate = { der: (await ca.issue({ subject })).der, provenAt: clock.now(), chainFault: null, isResumed: false };
      return principalOf(
        await new Promise<Ended>((resolve) => {
          Object.assign(Object.create(plugin.strategy) as { authenticate(request: object): void }, { success: resolve, fail: ({ reason }: { reason: string }) => resolve(reason), error: (error: unknown) => resolve(String(error)) }).authenticate({ headers: { authorization: '' }, certificate });
        }),
      );
    };
    const sourceFor = async (subject: string) => matrix.sourceFor(await login(subject), null, 'main');
    return { plugin, sourceFor, records, reports, sink, clock, later };
  };
  const outcome = async (subject: string, over: Record<string, unknown> = {}) => {
    const { plugin, sourceFor, reports, records } = setUp(over);
    const ended = await (await sourceFor(subject)).fetch().then(() => 'a token', (error: Error) => error.name);
    await plugin.close();
    return { ended, reports, phases: records.map(({ phase }) => phase) };
  };

  it('get a token with their own name, which names Postern as its bringer, and both acts are audited', async () => {
    const { plugin, sourceFor, records, clock } = setUp();
    const source = await sourceFor('orders');
    const { token, expiresAt } = await source.fetch();
    expect(source.origin).toBe('mds');
    expect(payloadOf(token.reveal())).toMatchObject({ iss: 'Confluent', sub: 'orders', cp_proxy: 'CN=postern' });
    // The token lasts an hour; what Postern does with it ends with the proof.
    expect(expiresAt).toBe(source.proofUntil);
    expect(expiresAt).toBeLessThanOrEqual(clock.now() + 600_000);
    expect(records.map(({ phase, kid, kafkaName, clusterId, cause }) => ({ phase, kid, kafkaName, clusterId, cause }))).toEqual([
      { phase: 'intent', kid: 'mds:Confluent', kafkaName: 'orders', clusterId: 'main', cause: 'session' },
      { phase: 'minted', kid: 'mds:Confluent', kafkaName: 'orders', clusterId: 'main', cause: 'session' },
    ]);
    expect(JSON.stringify(records)).not.toContain(token.reveal());
    await plugin.close();
  });

  it('share one request while they wait, and keep the token until half of its life', async () => {
    const { plugin, sourceFor, later } = setUp();
    const before = (await mds.callCounts()).impersonate;
    const source = await sourceFor('orders');
    const tokens = await Promise.all([source.fetch(), source.fetch(), source.fetch()]);
    expect(new Set(tokens.map(({ token }) => token.reveal())).size).toBe(1);
    expect((await mds.callCounts()).impersonate).toBe(before + 1);
    later(310);
    await source.fetch();
    expect((await mds.callCounts()).impersonate).toBe(before + 2);
    later(300);
    await expect(source.fetch()).rejects.toThrow(/proof of this principal has ended/);
    await plugin.close();
  });

  it('may be asked for with a password instead of a certificate', async () => {
    expect((await outcome('orders', { as: { name: 'bob', passwordFile: 'bob.password' } })).ended).toBe('a token');
  });

  it('never get one for a name that is protected here, and nothing is asked of MDS', async () => {
    const before = (await mds.callCounts()).impersonate;
    await expect(setUp().sourceFor('Admin')).rejects.toThrow('Kafka name refused: protected');
    expect((await mds.callCounts()).impersonate).toBe(before);
  });

  it('get none when the audit sink is away, and nothing is asked of MDS', async () => {
    const { sourceFor, sink } = setUp();
    const before = (await mds.callCounts()).impersonate;
    sink.isUp = false;
    await expect((await sourceFor('orders')).fetch()).rejects.toMatchObject({ name: 'CredentialUnavailable' });
    expect((await mds.callCounts()).impersonate).toBe(before);
  });

  it('are told "not now" when Postern\'s account may not impersonate, or MDS protects the name', async () => {
    expect(await outcome('orders', { as: { certFile: 'nobody.crt', keyFile: 'nobody.key' } })).toEqual({ ended: 'CredentialUnavailable', reports: ['impersonation-refused:403'], phases: ['intent', 'failed'] });
    expect(await outcome('treasury')).toEqual({ ended: 'CredentialUnavailable', reports: ['impersonation-refused:403'], phases: ['intent', 'failed'] });
  });

  it('are told "not now" when MDS lies about the caller', async () => {
    await mds.shapeTokens({ claims: { sub: 'admin' } });
    expect(await outcome('orders')).toEqual({ ended: 'CredentialUnavailable', reports: ['impersonation-of-another-subject'], phases: ['intent', 'failed'] });
    await mds.shapeTokens({ claims: { sub: 'ORDERS' } });
    expect((await outcome('orders')).ended).toBe('CredentialUnavailable');
  });

  it.each([
    ['signed by another key', { foreignKey: true }, 'bad-signature'],
    ['that has ended already', { claims: { exp: Math.floor(Date.now() / 1000) - 30 } }, 'expired'],
    ['with an audience, which MDS never writes', { claims: { aud: 'kafka' } }, 'wrong-audience'],
  ])('are told "not now" for a token %s', async (_, shape, reason) => {
    await mds.shapeTokens(shape);
    expect(await outcome('orders')).toMatchObject({ ended: 'CredentialUnavailable', reports: [`impersonation-token-refused:${reason}`] });
  });

  it('use a token that ends early no longer than it lasts', async () => {
    const { plugin, sourceFor, later } = setUp();
    await mds.shapeTokens({ lifeSeconds: 20 });
    const source = await sourceFor('orders');
    const first = await source.fetch();
    expect(first.expiresAt).toBeLessThanOrEqual(Date.now() + 20_000);
    later(11);
    expect((await source.fetch()).token.reveal()).not.toBe(first.token.reveal());
    await plugin.close();
  });

  it.each<MdsFault>(['stall', 'drip', 'html', 'redirect', 'huge', 'cut', 'bad-json', 'no-token', 'gzip', 'broken', 'no-bearer', 'unauthorized'])('are told "not now" in time when MDS answers with %s', async (fault) => {
    await mds.fault(fault);
    const startedAt = performance.now();
    expect((await outcome('orders')).ended).toBe('CredentialUnavailable');
    expect(performance.now() - startedAt).toBeLessThan(4_000);
  });
});
