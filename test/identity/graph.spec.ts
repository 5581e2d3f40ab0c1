import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createNamedGroups, entraPlugin, StartupError } from '@postern/auth-plugins';
import { ADMITTED_GROUP, makeCertificates, startIssuer, TENANT, type Issuer } from '../../stack/src/index.ts';
import { PERSON } from '../../stack/issuer/registrations.ts';
import { stack } from '../setup/stack.ts';
import { bearer, collectReports, principalOf, run, testClock } from './run-plugin.ts';

const MEMBER = { kind: 'known', ids: [ADMITTED_GROUP] };
const NONE = { kind: 'known', ids: [] };
const STALE = { kind: 'at-least', ids: [ADMITTED_GROUP] };
const UNKNOWN = { kind: 'unknown' };
const NO_GROUPS = { claims: { groups: null } };

describe('groups that a token does not tell, from a server that speaks as Microsoft Graph', () => {
  let issuer: Issuer;
  let runDir = '';
  beforeAll(async () => {
    runDir = mkdtempSync(join(stack().runDir, 'identity-graph-'));
    issuer = await startIssuer({ runDir, certificates: await makeCertificates(join(runDir, 'tls')), usualPorts: false, lifetime: 'parent' });
  });
  afterAll(() => issuer.stop());
  afterEach(async () => {
    await issuer.fault('all', 'none');
    await issuer.setMemberships(issuer.client('orders-service').objectId, [ADMITTED_GROUP]);
  });

  const entra = (graph: object = {}, groups: readonly string[] = [ADMITTED_GROUP]) => {
    const { clock, later } = testClock();
    const { seen, report } = collectReports();
    const version = ({ issuer: iss, audience, jwksUrl }: Issuer['v1']) => ({ issuer: iss, audiences: [audience], jwksUrl });
    const { url, tokenUrl, clientSecretFile } = issuer.graph;
    const settings = entraPlugin.schema.parse({
      id: 'demo-entra', type: 'entra', authority: 'demo-tenant', tenant: TENANT, caFile: issuer.caFile, versions: { v1: version(issuer.v1), v2: version(issuer.v2) },
      graph: { url, tokenUrl, clientSecretFile, caFile: issuer.caFile, clientId: issuer.client('postern-proxy').appId, ...graph },
    });
    const namedGroups = createNamedGroups([{ id: 'demo-tenant', admits: { groups: [...groups] }, kafkaNames: { owns: 'guid' } }]);
    const plugin = entraPlugin.create(settings, { clock, baseDir: '/', report, namedGroups });
    const groupsOf = async (token: string) => principalOf(await run(plugin, bearer(token))).groups;
    return { plugin, later, reports: seen, groupsOf };
  };
  const graphCalls = async () => (await issuer.requestCounts()).graph;
  const tokenOf = (client: 'orders-service' | 'outsider', shape: Parameters<Issuer['sign']>[2] = NO_GROUPS) => issuer.sign(client, 'api://postern', shape);

  it.each([
    ['a member', 'orders-service', MEMBER],
    ['a stranger', 'outsider', NONE],
  ] as const)('%s is known as one', async (_sentence, client, groups) => {
    const { plugin, groupsOf } = entra();
    expect(await groupsOf(await tokenOf(client))).toEqual(groups);
    expect(plugin.health()).toContainEqual({ name: 'demo-entra:graph', state: 'up' });
    await plugin.close();
  });

  it.each([
    ['the overage marker of a JWT', { groups: null, _claim_names: { groups: 'src1' } }],
    ['hasgroups', { groups: null, hasgroups: true }],
  ])('%s is asked about (attack 38)', async (_sentence, claims) => {
    const { plugin, groupsOf } = entra();
    expect(await groupsOf(await tokenOf('orders-service', { claims }))).toEqual(MEMBER);
    await plugin.close();
  });

  it('the address in _claim_sources is never called (attack 39)', async () => {
    let connections = 0;
    const trap = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => trap.listen(0, '127.0.0.1', resolve));
    const { port } = trap.address() as { port: number };
    const { plugin, groupsOf } = entra();
    const claims = { groups: null, _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint: `https://127.0.0.1:${port}/getMemberObjects` } } };
    expect(await groupsOf(await tokenOf('orders-service', { claims }))).toEqual(MEMBER);
    expect(connections).toBe(0);
    await plugin.close();
    trap.close();
  });

  it('groups in the token are believed, and Graph is not asked', async () => {
    const { plugin, groupsOf } = entra();
    const before = await graphCalls();
    expect(await groupsOf(await issuer.fetchToken('orders-service'))).toEqual(MEMBER);
    expect((await graphCalls()) - before).toBe(0);
    await plugin.close();
  });

  it('with ask: always they are not: a member who was removed is out though the token says otherwise', async () => {
    const { plugin, groupsOf, later } = entra({ ask: 'always' });
    const token = await issuer.fetchToken('orders-service');
    expect(await groupsOf(token)).toEqual(MEMBER);
    await issuer.setMemberships(issuer.client('orders-service').objectId, []);
    later(299);
    expect(await groupsOf(token)).toEqual(MEMBER);
    later(1);
    expect(await groupsOf(token)).toEqual(NONE);
    await plugin.close();
  });

  it('a person is looked for among people, an application among applications', async () => {
    const { plugin, groupsOf } = entra();
    const person = { claims: { groups: null, oid: PERSON.objectId, sub: 'pairwise', idtyp: null, scp: 'access_as_user' } };
    expect(await groupsOf(await tokenOf('outsider', person))).toEqual(MEMBER);
    const disguised = { claims: { groups: null, oid: PERSON.objectId, sub: PERSON.objectId } };
    expect(await groupsOf(await tokenOf('outsider', disguised))).toEqual(NONE);
    await plugin.close();
  });

  it('an object that Graph does not know is in no group', async () => {
    const { plugin, groupsOf } = entra();
    const oid = 'cccccccc-0000-4000-8000-0000000000ff';
    expect(await groupsOf(await tokenOf('outsider', { claims: { groups: null, oid, sub: oid } }))).toEqual(NONE);
    await plugin.close();
  });

  it('more than twenty groups are asked for in several calls', async () => {
    const others = Array.from({ length: 44 }, (_, n) => `5d1a5a51-0000-4000-8000-${String(n).padStart(12, '0')}`);
    const { plugin, groupsOf } = entra({}, [...others, ADMITTED_GROUP]);
    const before = await graphCalls();
    expect(await groupsOf(await tokenOf('orders-service'))).toEqual(MEMBER);
    expect((await graphCalls()) - before).toBe(3);
    await plugin.close();
  });

  it('a hundred requests at once, with ten tokens of one caller, ask once, with one token of our own', async () => {
    const { plugin, groupsOf } = entra();
    const tokens = await Promise.all(Array.from({ length: 10 }, () => tokenOf('orders-service')));
    const before = await issuer.requestCounts();
    const groups = await Promise.all(Array.from({ length: 100 }, (_, n) => groupsOf(tokens[n % 10] ?? '')));
    expect(new Set(groups.map((each) => JSON.stringify(each)))).toEqual(new Set([JSON.stringify(MEMBER)]));
    const after = await issuer.requestCounts();
    expect([after.graph - before.graph, after.token - before.token]).toEqual([1, 1]);
    await plugin.close();
  });

  it.each([
    ['is unavailable', 'unavailable', 'graph-away:503'],
    ['answers a page', 'html', 'graph-away:not-read'],
    ['stalls', 'stall', 'graph-away:timeout'],
    ['has too much to do', 'throttled', 'graph-away:429'],
    ['points elsewhere', 'redirect', 'graph-away:307'],
    ['answers a megabyte', 'huge', 'graph-away:call-failed'],
  ] as const)('while Graph %s a member stays one for the grace, a stranger is unknown, and both are right again after it', async (_sentence, fault, reported) => {
    const { plugin, groupsOf, later, reports } = entra({ cacheSeconds: 60, graceSeconds: 900 });
    const [member, stranger] = await Promise.all([tokenOf('orders-service'), tokenOf('outsider')]);
    expect([await groupsOf(member), await groupsOf(stranger)]).toEqual([MEMBER, NONE]);
    await issuer.fault('graph', fault);
    later(61);
    expect([await groupsOf(member), await groupsOf(stranger)]).toEqual([STALE, UNKNOWN]);
    expect(reports).toContain(reported);
    later(900);
    expect(await groupsOf(member)).toEqual(UNKNOWN);
    await issuer.fault('graph', 'none');
    later(31);
    expect([await groupsOf(member), await groupsOf(stranger)]).toEqual([MEMBER, NONE]);
    await plugin.close();
  });

  it('the end of the grace is counted from the last answer, not from the beginning of the outage', async () => {
    const { plugin, groupsOf, later } = entra();
    const token = await tokenOf('orders-service');
    await groupsOf(token);
    await issuer.fault('graph', 'unavailable');
    later(1_199);
    expect(await groupsOf(token)).toEqual(STALE);
    later(2);
    expect(await groupsOf(token)).toEqual(UNKNOWN);
    await plugin.close();
  });

  it('Retry-After is honoured: until then nobody asks', async () => {
    const { plugin, groupsOf, later } = entra();
    const token = await tokenOf('outsider');
    await issuer.fault('graph', 'throttled');
    const before = await graphCalls();
    for (const seconds of [0, 10, 19]) {
      later(seconds);
      expect(await groupsOf(token)).toEqual(UNKNOWN);
    }
    expect((await graphCalls()) - before).toBe(1);
    later(2);
    await groupsOf(token);
    expect((await graphCalls()) - before).toBe(2);
    await plugin.close();
  });

  it('a right of our own that was taken away is unknown and reported, without any grace', async () => {
    const { plugin, groupsOf, later, reports } = entra();
    const token = await tokenOf('orders-service');
    await groupsOf(token);
    await issuer.fault('graph', 'forbidden');
    later(300);
    expect(await groupsOf(token)).toEqual(UNKNOWN);
    expect(reports).toContain('graph-refused:403');
    expect(plugin.health()).toContainEqual({ name: 'demo-entra:graph', state: 'unknown' });
    await plugin.close();
  });

  it('a wrong secret of our own is unknown and reported, and no part of it is told', async () => {
    const clientSecretFile = join(runDir, 'wrong.secret');
    writeFileSync(clientSecretFile, 'a-wrong-secret\n', { mode: 0o600 });
    const { plugin, groupsOf, reports } = entra({ clientSecretFile });
    expect(await groupsOf(await tokenOf('orders-service'))).toEqual(UNKNOWN);
    expect(reports).toEqual(['graph-refused:token-401']);
    await plugin.close();
  });

  it('an application without the right to read is refused by Graph and reported', async () => {
    const clientSecretFile = join(runDir, 'outsider.secret');
    writeFileSync(clientSecretFile, issuer.client('outsider').secret, { mode: 0o600 });
    const { plugin, groupsOf, reports } = entra({ clientSecretFile, clientId: issuer.client('outsider').appId });
    expect(await groupsOf(await tokenOf('orders-service'))).toEqual(UNKNOWN);
    expect(reports).toEqual(['graph-refused:403']);
    await plugin.close();
  });

  it('a secret that others can read, or that is not there, stops the start', () => {
    const open = join(runDir, 'open.secret');
    writeFileSync(open, 'x', { mode: 0o644 });
    expect(() => entra({ clientSecretFile: open })).toThrow(StartupError);
    expect(() => entra({ clientSecretFile: join(runDir, 'none') })).toThrow(/plugins\.demo-entra\.graph\.clientSecretFile/);
  });

  it.each([
    ['plain HTTP', { url: 'http://127.0.0.1:1' }],
    ['a query in the address', { tokenUrl: 'https://idp/token?x=1' }],
    ['a cache over five minutes', { cacheSeconds: 301 }],
    ['a grace over fifteen', { graceSeconds: 901 }],
    ['a key that is none', { followClaimSources: true }],
  ])('settings with %s are refused', (_sentence, over) => {
    expect(() => entra(over)).toThrow();
  });
});
