import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { entraPlugin } from '@postern/auth-plugins';
import { ADMITTED_GROUP, makeCertificates, startIssuer, TENANT, type Issuer } from '../../stack/src/index.ts';
import { stack } from '../setup/stack.ts';
import { bearer, collectReports, principalOf, run, testClock } from './run-plugin.ts';

describe.each(['jose', 'passport-azure-ad'])('tokens of a tenant shaped like Entra, verified by %s,', (verifier) => {
  let issuer: Issuer;
  let otherCa = '';
  beforeAll(async () => {
    const runDir = mkdtempSync(join(stack().runDir, 'identity-issuer-'));
    issuer = await startIssuer({ runDir, certificates: await makeCertificates(join(runDir, 'tls')), usualPorts: false, lifetime: 'parent' });
    otherCa = (await makeCertificates(join(runDir, 'other-tls'))).caFile;
  });
  afterAll(() => issuer.stop());

  const entra = (over: object = {}) => {
    const { clock, later } = testClock();
    const { seen, report } = collectReports();
    const version = ({ issuer: iss, audience, jwksUrl }: Issuer['v1']) => ({ issuer: iss, audiences: [audience], jwksUrl });
    const settings = entraPlugin.schema.parse({
      id: 'demo-entra', type: 'entra', authority: 'demo-tenant', tenant: TENANT, verifier, caFile: issuer.caFile, verifiedTokenCacheSeconds: 0, versions: { v1: version(issuer.v1), v2: version(issuer.v2) }, ...over,
    });
    return { plugin: entraPlugin.create(settings, { clock, baseDir: '/', report }), later, reports: seen };
  };
  const keyFetches = async () => (await issuer.requestCounts()).keys;

  it.each([
    ['version 2', 'api://postern'],
    ['version 1', 'api://postern-v1'],
  ] as const)('of %s make the service principal a principal by tenant and object id', async (_sentence, api) => {
    const { plugin } = entra();
    const client = issuer.client('orders-service');
    const principal = principalOf(await run(plugin, bearer(await issuer.fetchToken('orders-service', api))));
    expect(principal).toMatchObject({ tenant: TENANT, subject: client.objectId, name: client.objectId, applicationId: client.appId, roles: ['Orders.Produce'], groups: { kind: 'known', ids: [ADMITTED_GROUP] } });
    expect(principal.issuerKey).toBe(api === 'api://postern' ? issuer.v2.issuer : issuer.v1.issuer);
    await plugin.close();
  });

  it('of both versions give one principal one key', async () => {
    const { plugin } = entra();
    const [v1, v2] = await Promise.all((['api://postern-v1', 'api://postern'] as const).map(async (api) => principalOf(await run(plugin, bearer(await issuer.fetchToken('orders-service', api)))).key));
    expect(v1).toBe(v2);
    await plugin.close();
  });

  it.each<readonly [string, Parameters<Issuer['sign']>[2], string]>([
    ['for Graph', { claims: { aud: 'https://graph.microsoft.com' } }, '401 wrong-audience'],
    ['of another tenant by the same keys', { claims: { tid: '99999999-2222-4333-8444-555555555555' } }, '401 wrong-tenant'],
    ['that ended a second ago', { lifeSeconds: -1 }, '401 expired'],
    ['without oid', { claims: { oid: null } }, '401 bad-claims'],
    ['under a kid that nobody publishes', { header: { kid: 'made-up' } }, '401 unknown-key'],
    ['with an unknown critical header', { header: { typ: 'at+jwt' } }, '401 bad-claims'],
    ['that are valid in ten minutes', { claims: { nbf: Math.floor(Date.now() / 1_000) + 600 } }, '401 not-yet-valid'],
  ])('%s are rejected', async (_sentence, shape, expected) => {
    const { plugin } = entra();
    expect(await run(plugin, bearer(await issuer.sign('orders-service', 'api://postern', shape)))).toBe(expected);
    await plugin.close();
  });

  it('without a group claim leave the groups unknown', async () => {
    const { plugin } = entra();
    expect(principalOf(await run(plugin, bearer(await issuer.fetchToken('outsider')))).groups).toEqual({ kind: 'unknown' });
    await plugin.close();
  });

  it('under a new key are accepted after one fetch, those under the old key until it is withdrawn', async () => {
    const { plugin, later } = entra();
    const old = bearer(await issuer.fetchToken('orders-service'));
    expect(typeof (await run(plugin, old))).toBe('object');
    const [, oldKid] = await issuer.rotateKeys();
    later(31);
    const before = await keyFetches();
    const renewed = bearer(await issuer.fetchToken('orders-service'));
    const ended = await Promise.all(Array.from({ length: 20 }, () => run(plugin, renewed)));
    expect(ended.every((end) => typeof end === 'object')).toBe(true);
    expect((await keyFetches()) - before).toBe(1);
    expect(typeof (await run(plugin, old))).toBe('object');
    await issuer.dropKey(oldKid);
    // Not the whole hour: the old token must still be alive when its key is looked up.
    plugin.forget();
    await plugin.start();
    expect(await run(plugin, old)).toBe('401 unknown-key');
    await plugin.close();
  });

  it('under random kids cost the issuer one fetch', async () => {
    const { plugin } = entra();
    await run(plugin, bearer(await issuer.fetchToken('orders-service')));
    const before = await keyFetches();
    const tokens = await Promise.all(Array.from({ length: 30 }, (_, n) => issuer.sign('orders-service', 'api://postern', { header: { kid: `random-${n}` } })));
    expect(new Set(await Promise.all(tokens.map((token) => run(plugin, bearer(token)))))).toEqual(new Set(['401 unknown-key']));
    expect((await keyFetches()) - before).toBe(0);
    await plugin.close();
  });

  it.each(['unavailable', 'html', 'stall'] as const)('while the key endpoint is in state %s are 503 without known keys and accepted with them', async (fault) => {
    const known = entra();
    const token = bearer(await issuer.fetchToken('orders-service'));
    expect(typeof (await run(known.plugin, token))).toBe('object');
    await issuer.fault('keys', fault);
    try {
      const cold = entra();
      expect(await run(cold.plugin, token)).toBe('503 keys');
      await cold.plugin.start();
      expect(cold.plugin.health().map(({ state }) => state)).toEqual(['down', 'down']);
      expect(typeof (await run(known.plugin, token))).toBe('object');
      known.later(31);
      expect(await run(known.plugin, bearer(await issuer.sign('orders-service', 'api://postern', { header: { kid: 'new-kid' } })))).toBe('503 keys');
      expect(typeof (await run(known.plugin, token))).toBe('object');
      await issuer.fault('keys', 'none');
      cold.later(31);
      expect(typeof (await run(cold.plugin, token))).toBe('object');
      await cold.plugin.close();
    } finally {
      await issuer.fault('keys', 'none');
      await known.plugin.close();
    }
  });

  it('are 503 when the issuer shows a certificate of another CA', async () => {
    const { plugin, reports } = entra({ caFile: otherCa });
    expect(await run(plugin, bearer(await issuer.fetchToken('orders-service')))).toBe('503 keys');
    expect(reports).toContain('v2-keys-refused:fetch-failed');
    await plugin.close();
  });

  it('are remembered with the time of their verification', async () => {
    const { plugin, later } = entra({ verifiedTokenCacheSeconds: 60 });
    const token = bearer(await issuer.fetchToken('orders-service'));
    const first = principalOf(await run(plugin, token));
    later(30);
    expect(principalOf(await run(plugin, token)).verifiedAt).toBe(first.verifiedAt);
    later(31);
    expect(principalOf(await run(plugin, token)).verifiedAt).toBeGreaterThan(first.verifiedAt);
    await plugin.close();
  });
});
