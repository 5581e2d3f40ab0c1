import { describe, expect, it } from 'vitest';
import { CredentialExpired } from '@postern/kafka';
import type { VerifiedPrincipal } from '../contract/principal.js';
import { Secret } from '../contract/secret.js';
import { StartupError } from '../contract/startup.error.js';
import type { AuthorityTraits } from '../authority/authorities.js';
import type { KafkaName } from '../authority/kafka-name.rule.js';
import type { MintCause } from '../token-service/mint.record.js';
import { createCredentialMatrix, KafkaNameRefused } from './credential.matrix.js';
import type { MatrixCluster, MatrixPlugin } from './matrix.check.js';

const IDP = 'https://idp/v2.0';
const NOW = 1_800_000_000_000;
const PLUGINS: readonly MatrixPlugin[] = [
  { id: 'corp-ldap', authority: 'corp', claims: [{ scheme: 'basic' }] },
  { id: 'entra', authority: 'tenant', claims: [{ scheme: 'bearer', issuer: IDP, audiences: ['api'] }] },
];
const MINTED = { name: 'minted', trusts: { kind: 'token-service' } } as const;
const TRUSTS = { kind: 'issuer' as const, issuer: IDP, audiences: ['api', 'spn'], principalClaim: 'oid' };
const CALLER = { name: 'caller', trusts: TRUSTS };
const ROWS = [
  { from: 'authority:corp', source: 'minted', listener: 'minted' },
  { from: IDP, source: 'caller', listener: 'caller' },
] as const;
const CLUSTER: MatrixCluster = { id: 'main', listeners: [MINTED, CALLER], credentials: ROWS };

const matrix = ({ cluster = {}, plugins = PLUGINS, minting = ['main'], named = { kind: 'name', name: 'alice' }, traits = {} }: { traits?: Partial<AuthorityTraits>; cluster?: Partial<MatrixCluster>; plugins?: readonly MatrixPlugin[]; minting?: readonly string[]; named?: KafkaName } = {}) => {
  let now = NOW;
  const causes: MintCause[] = [];
  const revoked = new Set<string>();
  const made = createCredentialMatrix({
    clusters: [{ ...CLUSTER, ...cluster }], plugins, maxProofAgeSeconds: 600, clock: { now: () => now },
    authorities: { kafkaName: () => named, ids: ['corp', 'tenant'], traits: () => ({ admitsAnyone: false, sharesOneName: false, ...traits }) },
    tokens: {
      clusterIds: minting,
      isLive: (_clusterId, kid) => !revoked.has(kid),
      mint: async (_principal, clusterId, cause = 'session') => {
        causes.push(cause);
        return { token: new Secret(`minted-${causes.length}`), kafkaName: 'alice', clusterId, issuedAt: now, expiresAt: now + 300_000, kid: `k${causes.length}` };
      },
    },
  });
  return { ...made, causes, revoked, later: (seconds: number) => (now += seconds * 1000) };
};
const principal = (over: Partial<VerifiedPrincipal> = {}): VerifiedPrincipal => ({
  key: 'key-of-alice', authority: 'corp', pluginId: 'corp-ldap', tenant: null, subject: 's', issuerKey: 'authority:corp', name: 'alice', groups: { kind: 'known', ids: [] }, roles: [], applicationId: null,
  verifiedAt: NOW, credentialExpiresAt: null, ...over,
});
const byToken = (over: Partial<VerifiedPrincipal> = {}) => principal({ authority: 'tenant', issuerKey: IDP, credentialExpiresAt: NOW + 100_000, ...over });
const presented = (claims: object) => new Secret(`Bearer ${Buffer.from('{"alg":"RS256"}').toString('base64url')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`);

describe('a minted cell', () => {
  it('gives a source at its listener, bound to the proof', () => {
    expect(matrix().sourceFor(principal(), null, 'main')).toMatchObject({ kafkaName: 'alice', clusterId: 'main', listener: 'minted', origin: 'minted', proofUntil: NOW + 600_000 });
  });
  it('gives one verification one source, and a later one its own', () => {
    const { sourceFor } = matrix();
    const alice = principal();
    expect(sourceFor(alice, null, 'main')).toBe(sourceFor(alice, null, 'main'));
    const later = sourceFor(principal({ verifiedAt: NOW + 5_000 }), null, 'main');
    expect(later).not.toBe(sourceFor(alice, null, 'main'));
    expect(later.proofUntil).toBe(NOW + 605_000);
  });
  it('mints once for all who wait, keeps the token to half its life, and replaces it on demand', async () => {
    const { sourceFor, causes, later } = matrix();
    const source = sourceFor(principal(), null, 'main');
    const [one, other] = await Promise.all([source.fetch(), source.fetch()]);
    expect(one).toBe(other);
    later(149);
    expect(await source.fetch()).toBe(one);
    later(1);
    expect(await source.fetch()).not.toBe(one);
    await source.fetch(true);
    expect(causes).toEqual(['session', 'renewal', 'replacement']);
    expect((await source.fetch()).sessionKey).toBe(source.sessionKey);
  });
  it('never shows a token whose key was revoked while it was made (I17)', async () => {
    const { sourceFor, causes, revoked } = matrix();
    revoked.add('k1');
    expect((await sourceFor(principal(), null, 'main').fetch()).token.reveal()).toBe('minted-2');
    expect(causes).toEqual(['session', 'replacement']);
  });
});

describe("a cell of the caller's token", () => {
  it("shows the caller's own token, up to its end", async () => {
    const { sourceFor, later } = matrix();
    const secret = presented({ oid: 'alice' });
    const source = sourceFor(byToken(), secret, 'main');
    expect(source).toMatchObject({ listener: 'caller', origin: 'caller', proofUntil: NOW + 100_000 });
    expect(`Bearer ${(await source.fetch()).token.reveal()}`).toBe(secret.reveal());
    later(100);
    await expect(source.fetch()).rejects.toBeInstanceOf(CredentialExpired);
  });
  it("ends at the proof's age when the token lives longer", () => {
    expect(matrix().sourceFor(byToken({ credentialExpiresAt: NOW + 3_600_000 }), presented({ oid: 'alice' }), 'main').proofUntil).toBe(NOW + 600_000);
  });
  it.each([
    ['is blank-edged, which the broker trims to another name', { oid: ' alice\u0001' }, 'alice', true],
    ['is another name', { oid: 'admin' }, 'alice', false],
    ['is not there', { sub: 'alice' }, 'alice', false],
    ['is no text', { oid: ['alice'] }, 'alice', false],
  ])('is judged by what the broker will read when the claim %s', (_sentence, claims, name, shown) => {
    const { sourceFor } = matrix({ named: { kind: 'name', name } });
    const attempt = () => sourceFor(byToken(), presented(claims), 'main').kafkaName;
    if (shown) expect(attempt()).toBe(name);
    else expect(attempt).toThrow(KafkaNameRefused);
  });
  it('is a bug without a bearer token', () => {
    expect(() => matrix().sourceFor(byToken(), null, 'main')).toThrow('without a bearer token');
    expect(() => matrix().sourceFor(byToken(), new Secret('Basic YTpi'), 'main')).toThrow('without a bearer token');
  });
});

describe('a cell of the token of MDS', () => {
  const plugins: readonly MatrixPlugin[] = [{ id: 'corp-mds', authority: 'corp', claims: [{ scheme: 'basic' }, { scheme: 'bearer', issuer: 'Confluent' }], mdsIssuer: 'Confluent' }];
  const listener = { name: 'mds', trusts: { kind: 'mds', issuer: 'Confluent' } } as const;
  const rows = [
    { from: 'authority:corp', source: 'mds', listener: 'mds' },
    { from: 'Confluent', source: 'mds', listener: 'mds' },
  ] as const;
  const byMds = (over: Partial<MatrixCluster> = {}) => matrix({ plugins, cluster: { listeners: [MINTED, listener], credentials: rows, ...over } });
  const token = presented({ sub: 'alice' }).reveal().slice('Bearer '.length);
  const byPassword = principal({ mdsToken: new Secret(token), credentialExpiresAt: NOW + 100_000 });

  it('shows what the login gave, and answers for it itself', async () => {
    const source = byMds().sourceFor(byPassword, new Secret('Basic YTpi'), 'main');
    expect(source).toMatchObject({ origin: 'mds', listener: 'mds', kafkaName: 'alice', proofUntil: NOW + 100_000 });
    expect((await source.fetch()).token.reveal()).toBe(token);
    expect((await source.fetch(true)).token.reveal()).toBe(token);
  });
  it('shows the token that the caller presented, as the caller', async () => {
    const source = byMds().sourceFor(principal({ issuerKey: 'Confluent', credentialExpiresAt: NOW + 100_000 }), presented({ sub: 'alice' }), 'main');
    expect(source).toMatchObject({ origin: 'caller', listener: 'mds' });
    expect((await source.fetch()).token.reveal()).toBe(token);
  });
  it('shows nothing past the token or the proof', async () => {
    const { sourceFor, later } = byMds();
    const source = sourceFor(byPassword, null, 'main');
    later(100);
    await expect(source.fetch()).rejects.toBeInstanceOf(CredentialExpired);
    expect(sourceFor(principal({ ...byPassword, credentialExpiresAt: NOW + 3_600_000 }), null, 'main').proofUntil).toBe(NOW + 600_000);
  });
  it('is refused when the token names another than Kafka rules would see', () => {
    const shouted = principal({ mdsToken: new Secret(presented({ sub: 'ALICE' }).reveal().slice('Bearer '.length)) });
    expect(() => byMds().sourceFor(shouted, null, 'main')).toThrow(KafkaNameRefused);
  });
  it('and a presented one never share a session', () => {
    const { sourceFor } = byMds();
    expect(sourceFor(byPassword, null, 'main').sessionKey).not.toBe(sourceFor(principal({ issuerKey: 'Confluent' }), presented({ sub: 'alice' }), 'main').sessionKey);
  });
  it.each<readonly [string, Partial<MatrixCluster>, string]>([
    ['the listener trusts another MDS', { listeners: [{ ...listener, trusts: { kind: 'mds', issuer: 'Other' } }] }, 'does not trust exactly the MDS'],
    ['the listener trusts minted tokens', { listeners: [{ name: 'mds', trusts: { kind: 'token-service' } }] }, 'does not trust exactly the MDS'],
    ["MDS's token would be shown as a token with an audience", { listeners: [{ name: 'mds', trusts: { ...TRUSTS, issuer: 'Confluent' } }], credentials: [rows[0], { from: 'Confluent', source: 'caller', listener: 'mds' }] }, 'does not trust exactly the MDS'],
  ])('stops the start when %s', (_sentence, over, text) => {
    expect(() => byMds(over)).toThrow(StartupError);
    expect(() => byMds(over)).toThrow(text);
  });
  it('stops the start for callers of a plugin that asks no MDS', () => {
    expect(() => matrix({ cluster: { listeners: [MINTED, CALLER, listener], credentials: [{ from: 'authority:corp', source: 'mds', listener: 'mds' }, ROWS[1]] } })).toThrow('no token of MDS');
  });
});

describe('a name', () => {
  it.each<KafkaName>([{ kind: 'protected' }, { kind: 'outside' }])('that is $kind gets no source', (named) => {
    expect(() => matrix({ named }).sourceFor(principal(), null, 'main')).toThrow(KafkaNameRefused);
  });
});

describe('session keys', () => {
  const key = (who: VerifiedPrincipal, named?: KafkaName, cluster?: Partial<MatrixCluster>) => matrix({ ...(named === undefined ? {} : { named }), ...(cluster === undefined ? {} : { cluster }) }).sourceFor(who, presented({ oid: 'alice' }), 'main').sessionKey;
  it('stay the same for a later verification and a renewed token', () => {
    expect(key(principal({ verifiedAt: NOW + 5, groups: { kind: 'unknown' }, roles: ['x'] }))).toBe(key(principal()));
    expect(key(byToken({ credentialExpiresAt: NOW + 1 }))).toBe(key(byToken()));
  });
  it.each([
    ['two principals of one name', key(principal()), key(principal({ key: 'other' }))],
    ['two names of one principal', key(principal()), key(principal(), { kind: 'name', name: 'bob' })],
    ['a minted and a caller credential', key(principal()), key(byToken())],
    ['two listeners', key(principal()), key(principal(), undefined, { listeners: [{ ...MINTED, name: 'm2' }, CALLER], credentials: [{ ...ROWS[0], listener: 'm2' }, ROWS[1]] })],
    ['two clusters', key(principal()), matrix({ cluster: { id: 'second' }, minting: ['second'] }).sourceFor(principal(), null, 'second').sessionKey],
  ])('differ for %s', (_sentence, one, other) => {
    expect(one).not.toBe(other);
  });
  it('hold nothing readable', () => {
    expect(key(principal())).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });
});

describe('the start stops', () => {
  const row = (from: string, source: 'minted' | 'caller', listener: string) => ({ from, source, listener });
  const trusts = (over: object): Partial<MatrixCluster> => ({ listeners: [MINTED, { name: 'caller', trusts: { ...TRUSTS, ...over } }] });
  const rows: readonly (readonly [string, Parameters<typeof matrix>[0], string])[] = [
    ['an issuer of an enabled plugin has no row', { cluster: { credentials: [ROWS[0]] } }, `no row for '${IDP}'`],
    ['callers by password have no row', { cluster: { credentials: [ROWS[1]] } }, "no row for 'authority:corp'"],
    ['a row names nobody', { cluster: { credentials: [...ROWS, row('https://other', 'minted', 'minted')] } }, 'https://other'],
    ['a row stands twice', { cluster: { credentials: [...ROWS, ROWS[0]] } }, 'twice'],
    ['a row names no listener', { cluster: { credentials: [row('authority:corp', 'minted', 'x'), ROWS[1]] } }, "no listener 'x'"],
    ['a minted row goes to a listener of another issuer', { cluster: { credentials: [row('authority:corp', 'minted', 'caller'), ROWS[1]] } }, 'does not trust the token service'],
    ['a minted row stands on a cluster without token service', { minting: [] }, 'no tokenService'],
    ['a caller row goes to the listener of minted tokens', { cluster: { credentials: [ROWS[0], row(IDP, 'caller', 'minted')] } }, 'does not trust exactly this issuer'],
    ["a caller row's listener trusts an issuer with another slash", { cluster: trusts({ issuer: `${IDP}/` }) }, 'does not trust exactly this issuer'],
    ["a caller row's listener does not accept the plugin's audience", { cluster: trusts({ audiences: ['spn'] }) }, "audience api"],
    ['callers by password would show a token', { cluster: { credentials: [row('authority:corp', 'caller', 'caller'), ROWS[1]] } }, 'no token to show'],
    ['a plugin names an authority that is not configured', { plugins: [{ id: 'p', authority: 'nowhere', claims: [] }] }, "'nowhere'"],
  ];
  it.each(rows)('when %s', (_sentence, options, text) => {
    expect(() => matrix(options)).toThrow(StartupError);
    expect(() => matrix(options)).toThrow(text);
  });
});

describe('a group that shares one Kafka name', () => {
  const MDS = { name: 'mds', trusts: { kind: 'mds' as const, issuer: 'Confluent' } };
  const byMds = (more: Partial<MatrixPlugin>) => ({
    plugins: [{ id: 'corp-mds', authority: 'corp', claims: [{ scheme: 'basic' }], mdsIssuer: 'Confluent', ...more }] as readonly MatrixPlugin[],
    cluster: { listeners: [MINTED, MDS], credentials: [{ from: 'authority:corp', source: 'mds', listener: 'mds' }] } as const,
    traits: { sharesOneName: true },
  });
  it('is minted for, or impersonated at MDS: a token that its login gave would carry the own name', () => {
    expect(() => matrix(byMds({}))).toThrow("the row of authority:corp must be minted");
    expect(() => matrix({ ...byMds({}), traits: {} })).not.toThrow();
    // Past this check, as far as the next: MDS would be asked for the shared name itself.
    expect(() => matrix(byMds({ impersonate: () => () => Promise.reject(new Error('not asked')) }))).toThrow('without an audit trail');
  });
});

describe("a token for another resource, HDInsight's,", () => {
  const plugins = [PLUGINS[0] as MatrixPlugin, { id: 'entra', authority: 'tenant', claims: [{ scheme: 'bearer', issuer: IDP, audiences: ['api'], foreignAudiences: ['hib'] }] }] as const;
  const rows = (more: object = {}) => ({ plugins, cluster: { credentials: [ROWS[0], { ...ROWS[1], ...more }] } });
  const own = { hdinsight: 'minted' };
  const foreign = byToken({ issuerKey: `hdinsight:${IDP}`, onlyFor: 'hdinsight' });

  it('is minted for at the listener that its row names, where tokens for Postern are shown as they are', () => {
    expect(matrix(rows(own)).sourceFor(foreign, presented({ oid: 'alice' }), 'main')).toMatchObject({ origin: 'minted', listener: 'minted' });
  });
  it('is minted for by the row of its issuer where that one mints', () => {
    const cluster = { credentials: [ROWS[0], { from: IDP, source: 'minted', listener: 'minted' }] } as const;
    expect(matrix({ plugins, cluster }).sourceFor(foreign, null, 'main')).toMatchObject({ origin: 'minted', listener: 'minted' });
  });
  it.each([
    ['its row shows tokens and names no other listener', rows(), 'never shown to anyone'],
    ['its listener trusts another issuer than Postern', rows({ hdinsight: 'caller' }), 'does not trust the token service'],
    ['its listener is not there', rows({ hdinsight: 'elsewhere' }), "no listener 'elsewhere'"],
    ['no plugin takes it', { cluster: { credentials: [ROWS[0], { ...ROWS[1], ...own }] } }, 'no token for HDInsight'],
    ['anyone in the tenant is admitted', { ...rows(own), traits: { admitsAnyone: true } }, 'name a group'],
    ['the authority shares one name and shows a token', { ...rows(own), traits: { sharesOneName: true } }, 'must be minted'],
  ])('stops the start when %s', (_sentence, options, text) => {
    expect(() => matrix(options)).toThrow(text);
  });
});
