import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { oidcPlugin } from '@postern/auth-plugins';
import { ADMITTED_GROUP, startIssuer, type Issuer } from '../../stack/src/index.ts';
import { stack } from '../setup/stack.ts';
import { bearer, collectReports, principalOf, run, testClock } from './run-plugin.ts';

/** The stack's issuer, taken as any OpenID Connect issuer: nothing here knows that it is shaped like Entra. */
describe('tokens of an issuer that was discovered', () => {
  let issuer: Issuer;
  beforeAll(async () => {
    const { runDir, certificates } = stack();
    issuer = await startIssuer({ runDir: mkdtempSync(join(runDir, 'oidc-issuer-')), certificates, usualPorts: false, lifetime: 'parent' });
  });
  afterAll(() => issuer.stop());

  const oidc = (over: object = {}) => {
    const { clock, later } = testClock();
    const { seen, report } = collectReports();
    const settings = oidcPlugin.schema.parse({
      id: 'any-oidc', type: 'oidc', authority: 'apps', issuer: issuer.v2.issuer, audiences: [issuer.v2.audience], discovery: {}, caFile: issuer.caFile, groupsClaim: 'groups', rolesClaim: 'roles', verifiedTokenCacheSeconds: 0, ...over,
    });
    return { plugin: oidcPlugin.create(settings, { clock, baseDir: '/', report }), later, reports: seen };
  };

  it.each<readonly [string, () => object]>([
    ['discovery', () => ({})],
    ['a fixed address', () => ({ discovery: undefined, jwksUrl: issuer.v2.jwksUrl })],
  ])('by %s make the caller a principal of issuer and sub', async (_sentence, over) => {
    const { plugin, reports } = oidc(over());
    const { objectId, appId } = issuer.client('orders-service');
    const principal = principalOf(await run(plugin, bearer(await issuer.fetchToken('orders-service'))));
    expect(principal).toMatchObject({ tenant: issuer.v2.issuer, subject: objectId, name: objectId, issuerKey: issuer.v2.issuer, applicationId: appId, roles: ['Orders.Produce'], groups: { kind: 'known', ids: [ADMITTED_GROUP] } });
    expect(reports).toEqual([]);
    await plugin.close();
  });

  it('of its other version, for another audience, or ended, are rejected', async () => {
    const { plugin } = oidc();
    expect(await run(plugin, bearer(await issuer.fetchToken('orders-service', 'api://postern-v1')))).toBe('401 wrong-issuer');
    expect(await run(plugin, bearer(await issuer.sign('orders-service', 'api://postern', { claims: { aud: 'account' } })))).toBe('401 wrong-audience');
    expect(await run(plugin, bearer(await issuer.sign('orders-service', 'api://postern', { lifeSeconds: -1 })))).toBe('401 expired');
    await plugin.close();
  });

  it('under a new key are accepted after one fetch', async () => {
    const { plugin, later } = oidc();
    expect(typeof (await run(plugin, bearer(await issuer.fetchToken('orders-service'))))).toBe('object');
    await issuer.rotateKeys();
    later(31);
    const before = (await issuer.requestCounts()).keys;
    const renewed = bearer(await issuer.fetchToken('orders-service'));
    const ended = await Promise.all(Array.from({ length: 20 }, () => run(plugin, renewed)));
    expect(ended.every((end) => typeof end === 'object')).toBe(true);
    expect((await issuer.requestCounts()).keys - before).toBe(1);
    await plugin.close();
  });

  it.each([
    ['metadata', 'unavailable', []],
    ['metadata', 'html', ['discovery-refused:not-json']],
    ['metadata', 'stall', []],
    ['keys', 'unavailable', []],
    ['keys', 'html', []],
    ['keys', 'stall', []],
  ] as const)('while its %s is in state %s are 503 without known keys and accepted with them', async (endpoint, fault, reports) => {
    const known = oidc();
    const token = bearer(await issuer.fetchToken('orders-service'));
    expect(typeof (await run(known.plugin, token))).toBe('object');
    await issuer.fault(endpoint, fault);
    try {
      const cold = oidc();
      expect(await run(cold.plugin, token)).toBe('503 keys');
      expect(cold.reports).toEqual(expect.arrayContaining([...reports]));
      expect(cold.plugin.health()).toEqual([{ name: 'any-oidc:keys', state: 'down' }]);
      expect(typeof (await run(known.plugin, token))).toBe('object');
      await issuer.fault('all', 'none');
      cold.later(31);
      expect(typeof (await run(cold.plugin, token))).toBe('object');
      await cold.plugin.close();
    } finally {
      await issuer.fault('all', 'none');
      await known.plugin.close();
    }
  });

  it('whose document is of another issuer are 503, and operators are told', async () => {
    const { plugin, reports } = oidc({ issuer: `${issuer.v2.issuer}/` });
    expect(await run(plugin, bearer(await issuer.sign('orders-service', 'api://postern', { claims: { iss: `${issuer.v2.issuer}/` } })))).toBe('503 keys');
    expect(reports).toContain('discovery-refused:another-issuer');
    await plugin.close();
  });
});
