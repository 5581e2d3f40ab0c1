import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Unavailable, type Verification } from '../contract/outcome.js';
import type { KeyStore } from '../keys/key.store.js';
import { createAzureAdVerifier } from './azure-ad.signature.js';
import { entraSchema, HDINSIGHT_AUDIENCES } from './entra.settings.js';
import { createEntraVerifier } from './entra.verifier.js';
import { verifyByJose } from './jose.signature.js';
import type { VerifySignature } from './token.signature.js';
import { createVerifiedTokenCache } from '../bearer/verified-token.cache.js';

const TENANT = '11111111-2222-4333-8444-555555555555';
const OBJECT = 'cccccccc-0000-4000-8000-000000000001';
const CLIENT = 'bbbbbbbb-0000-4000-8000-000000000001';
const GROUP = '5d1a5a51-0000-4000-8000-0000000000a1';
const NOW = 1_800_000_000;
const V1 = { version: 'v1', issuer: `https://sts.windows.net/${TENANT}/`, audiences: ['api://postern-v1'] } as const;
const V2 = { version: 'v2', issuer: `https://idp/${TENANT}/v2.0`, audiences: ['aaaaaaaa-0000-4000-8000-00000000000a'] } as const;
const v1Key = generateKeyPairSync('rsa', { modulusLength: 2048 });
const v2Key = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PEM = v2Key.publicKey.export({ type: 'spki', format: 'pem' });

const store = (keys: Readonly<Record<string, KeyObject>>): KeyStore => ({ keyFor: async (kid) => keys[kid] ?? null, refresh: async () => undefined, state: () => 'up' });
const awayStore: KeyStore = { keyFor: () => Promise.reject(new Unavailable('keys')), refresh: async () => undefined, state: () => 'down' };
const verifierBy = (verifySignature: VerifySignature, keys2: KeyStore = store({ k2: v2Key.publicKey })) =>
  createEntraVerifier({
    verifySignature,
    pluginId: 'entra', authority: 'tenant', tenant: TENANT, maxTokenLifeSeconds: 100_800, clock: { now: () => NOW * 1000 },
    issuers: [{ ...V1, foreignAudiences: HDINSIGHT_AUDIENCES, keys: store({ k1: v1Key.publicKey }) }, { ...V2, foreignAudiences: HDINSIGHT_AUDIENCES, keys: keys2 }],
  });

const CLAIMS = { iss: V2.issuer, aud: V2.audiences[0], iat: NOW - 300, nbf: NOW - 300, exp: NOW + 3_600, idtyp: 'app', oid: OBJECT, sub: OBJECT, tid: TENANT, ver: '2.0', azp: CLIENT, groups: [GROUP], roles: ['Orders.Produce'] };
const V1_CLAIMS = { ...CLAIMS, iss: V1.issuer, aud: V1.audiences[0], ver: '1.0', azp: undefined, appid: CLIENT };
const HEADER = { typ: 'JWT', alg: 'RS256', kid: 'k2' };
const part = (value: object | string | Buffer) => Buffer.from(typeof value === 'string' || Buffer.isBuffer(value) ? value : JSON.stringify(value)).toString('base64url');
const signed = (claims: object | string, header: object | string = HEADER, key: KeyObject = v2Key.privateKey, hash = 'sha256') => {
  const input = `${part(header)}.${part(claims)}`;
  return `${input}.${sign(hash, Buffer.from(input), key).toString('base64url')}`;
};
const without = (name: keyof typeof CLAIMS) => ({ ...CLAIMS, [name]: undefined });
const V1_HEADER = { ...HEADER, kid: 'k1', x5t: 'k1' };
const hs256 = () => {
  const input = `${part({ ...HEADER, alg: 'HS256' })}.${part(CLAIMS)}`;
  return `${input}.${createHmac('sha256', PEM).update(input).digest('base64url')}`;
};
const said = (verification: Verification) => (verification.kind === 'rejected' ? verification.reason : verification.kind);

describe.each([
  ['jose', verifyByJose],
  ['passport-azure-ad', createAzureAdVerifier()],
] as const)('a token of Entra by %s', (_library, verifySignature) => {
  const verifier = (keys?: KeyStore) => verifierBy(verifySignature, keys);
  // passport-azure-ad reads the process's own clock.
  beforeAll(() => void vi.useFakeTimers({ toFake: ['Date'], now: NOW * 1000 }));
  afterAll(() => void vi.useRealTimers());

  it('of version 2 gives the facts of an application', async () => {
    expect(await verifier()(signed(CLAIMS))).toEqual({
      kind: 'verified',
      facts: {
        authority: 'tenant', pluginId: 'entra', tenant: TENANT, subject: OBJECT, issuerKey: V2.issuer, name: OBJECT, groups: { kind: 'known', ids: [GROUP] },
        roles: ['Orders.Produce'], applicationId: CLIENT, verifiedAt: NOW * 1000, credentialExpiresAt: (NOW + 3_600) * 1000,
      },
    });
  });

  it.each(HDINSIGHT_AUDIENCES)('for %s is good for the HDInsight API alone, in both versions', async (aud) => {
    for (const [token, issuer] of [[signed({ ...V1_CLAIMS, aud }, V1_HEADER, v1Key.privateKey), V1.issuer], [signed({ ...CLAIMS, aud }), V2.issuer]] as const) {
      const verification = await verifier()(token);
      expect(verification.kind === 'verified' && verification.facts).toMatchObject({ onlyFor: 'hdinsight', issuerKey: `hdinsight:${issuer}`, subject: OBJECT });
    }
  });

  it("for HDInsight and for Postern at once is nobody's", async () => {
    expect(said(await verifier()(signed({ ...CLAIMS, aud: [V2.audiences[0], ...HDINSIGHT_AUDIENCES] })))).toBe('wrong-audience');
  });

  const accepted: readonly (readonly [string, string])[] = [
    ['of version 1 with x5t', signed(V1_CLAIMS, V1_HEADER, v1Key.privateKey)],
    ['of version 1 whose x5t is another than its kid, which counts', signed(V1_CLAIMS, { ...V1_HEADER, x5t: 'other' }, v1Key.privateKey)],
    ['of a user, with scp and a pairwise sub', signed({ ...CLAIMS, idtyp: undefined, scp: 'access', sub: 'pairwise' })],
    ['of an application without idtyp, whose oid is its sub', signed(without('idtyp'))],
    ['with nbf and iat 60 s ahead', signed({ ...CLAIMS, nbf: NOW + 60, iat: NOW + 60 })],
    ['that ends in one second', signed({ ...CLAIMS, exp: NOW + 1 })],
    ['whose header points to foreign keys, which are ignored', signed(CLAIMS, { ...HEADER, jku: 'https://attacker/keys', x5u: 'https://attacker/x', jwk: v1Key.publicKey.export({ format: 'jwk' }) })],
  ];
  it.each(accepted)('%s is accepted', async (_sentence, token) => {
    expect(said(await verifier()(token))).toBe('verified');
  });

  const rejected: readonly (readonly [string, string, string])[] = [
    ['alg none without signature', `${part({ ...HEADER, alg: 'none' })}.${part(CLAIMS)}.`, 'wrong-algorithm'],
    ['alg None in another spelling', signed(CLAIMS, { ...HEADER, alg: 'nOnE' }), 'wrong-algorithm'],
    ['HS256 signed with the public PEM as secret', hs256(), 'wrong-algorithm'],
    ['RS384 with the right key', signed(CLAIMS, { ...HEADER, alg: 'RS384' }, v2Key.privateKey, 'sha384'), 'wrong-algorithm'],
    ['an algorithm that is an array', signed(CLAIMS, { ...HEADER, alg: ['RS256'] }), 'wrong-algorithm'],
    ['an empty signature', `${part(HEADER)}.${part(CLAIMS)}.`, 'bad-signature'],
    ['a signature of another key under the same kid', signed(CLAIMS, HEADER, v1Key.privateKey), 'bad-signature'],
    ['x5t as the kid of a key that is another', signed(CLAIMS, { ...HEADER, x5t: 'k1' }, v1Key.privateKey), 'bad-signature'],
    ['x5t as an object', signed(CLAIMS, { ...HEADER, x5t: { toString: 'k2' } }, v1Key.privateKey), 'bad-signature'],
    ['a payload that is null', signed('null'), 'malformed'],
    ['a header that is a number', signed(CLAIMS, '5'), 'malformed'],
    ['PS256 with the right key', signed(CLAIMS, { ...HEADER, alg: 'PS256' }), 'wrong-algorithm'],
    ['exp as a number that is none', signed(JSON.stringify({ ...CLAIMS, exp: 7 }).replace('"exp":7', '"exp":[7]')), 'bad-claims'],
    ['a key embedded in the header', signed(CLAIMS, { ...HEADER, jwk: v1Key.publicKey.export({ format: 'jwk' }) }, v1Key.privateKey), 'bad-signature'],
    ['a kid with a path', signed(CLAIMS, { ...HEADER, kid: '../../etc/passwd' }), 'unknown-key'],
    ['a kid of 257 characters', signed(CLAIMS, { ...HEADER, kid: 'k'.repeat(257) }), 'unknown-key'],
    ['a kid that is a number', signed(CLAIMS, { ...HEADER, kid: 5 }), 'unknown-key'],
    ['no kid', signed(CLAIMS, { typ: 'JWT', alg: 'RS256' }), 'unknown-key'],
    ['crit with an unknown member', signed(CLAIMS, { ...HEADER, crit: ['x'], x: 1 }), 'bad-claims'],
    ['b64 false', signed(CLAIMS, { ...HEADER, b64: false, crit: ['b64'] }), 'bad-claims'],
    ['another typ', signed(CLAIMS, { ...HEADER, typ: 'at+jwt' }), 'bad-claims'],
    ['five parts', `${signed(CLAIMS)}.YQ.YQ`, 'malformed'],
    ['an appended newline', `${signed(CLAIMS)}\n`, 'malformed'],
    ['duplicate members in the payload', signed(JSON.stringify(CLAIMS).replace('{', `{"oid":"${CLIENT}",`)), 'malformed'],
    ['duplicate members in the header', signed(CLAIMS, JSON.stringify(HEADER).replace('{', '{"kid":"x",')), 'malformed'],
    ['an issuer that differs by a slash', signed({ ...CLAIMS, iss: `${V2.issuer}/` }), 'wrong-issuer'],
    ['an issuer in another case', signed({ ...CLAIMS, iss: V2.issuer.toUpperCase() }), 'wrong-issuer'],
    ['an issuer as array', signed({ ...CLAIMS, iss: [V2.issuer] }), 'wrong-issuer'],
    ["issuer v1 under v2's key", signed(V1_CLAIMS, HEADER), 'unknown-key'],
    ["issuer v2 signed by v1's key", signed(CLAIMS, { ...HEADER, kid: 'k1' }, v1Key.privateKey), 'unknown-key'],
    ["issuer v2 with v1's audience", signed({ ...CLAIMS, aud: V1.audiences[0] }), 'wrong-audience'],
    ['the audience of Graph', signed({ ...CLAIMS, aud: '00000003-0000-0000-c000-000000000000' }), 'wrong-audience'],
    ['an audience that contains ours', signed({ ...CLAIMS, aud: `${V2.audiences[0]}x` }), 'wrong-audience'],
    ['an array of audiences with ours in it', signed({ ...CLAIMS, aud: [V2.audiences[0], 'other'] }), 'wrong-audience'],
    ['an array of our audience alone', signed({ ...CLAIMS, aud: [V2.audiences[0]] }), 'wrong-audience'],
    ['another tid under the right issuer', signed({ ...CLAIMS, tid: '99999999-2222-4333-8444-555555555555' }), 'wrong-tenant'],
    ['the wrong ver for its issuer', signed({ ...CLAIMS, ver: '1.0' }), 'bad-claims'],
    ['no exp', signed(without('exp')), 'bad-claims'],
    ['exp now', signed({ ...CLAIMS, exp: NOW }), 'expired'],
    ['exp 30 s ago, inside the tolerance of nbf', signed({ ...CLAIMS, exp: NOW - 30 }), 'expired'],
    ['exp 10 minutes ago', signed({ ...CLAIMS, exp: NOW - 600 }), 'expired'],
    ['exp as string', signed({ ...CLAIMS, exp: String(NOW + 60) }), 'bad-claims'],
    ['exp of 1e99', signed(JSON.stringify({ ...CLAIMS, exp: 7 }).replace('"exp":7', '"exp":1e99')), 'bad-claims'],
    ['a negative exp', signed({ ...CLAIMS, exp: -1 }), 'expired'],
    ['a life over the cap', signed({ ...CLAIMS, exp: NOW + 200_000 }), 'bad-claims'],
    ['nbf 61 s ahead', signed({ ...CLAIMS, nbf: NOW + 61 }), 'not-yet-valid'],
    ['iat 61 s ahead', signed({ ...CLAIMS, iat: NOW + 61 }), 'not-yet-valid'],
    ['no iat', signed(without('iat')), 'bad-claims'],
    ['no nbf', signed(without('nbf')), 'bad-claims'],
    ['no oid', signed(without('oid')), 'bad-claims'],
    ['an oid that is no GUID', signed({ ...CLAIMS, oid: 'admin', sub: 'admin' }), 'bad-claims'],
    ['an oid that is an object', signed({ ...CLAIMS, oid: { a: 1 } }), 'bad-claims'],
    ['neither scp nor an application', signed({ ...CLAIMS, idtyp: undefined, sub: 'pairwise' }), 'bad-claims'],
    ['scp and idtyp app at once', signed({ ...CLAIMS, scp: 'access' }), 'bad-claims'],
    ['scp as array', signed({ ...CLAIMS, idtyp: undefined, scp: ['access'] }), 'bad-claims'],
    ['an ID token, which has no azp', signed({ ...CLAIMS, azp: undefined }), 'bad-claims'],
    ['roles that are no list', signed({ ...CLAIMS, roles: 'Orders.Produce' }), 'bad-claims'],
  ];
  it.each(rejected)('with %s is rejected', async (_sentence, token, reason) => {
    expect(said(await verifier()(token))).toBe(reason);
  });

  const groupRows: readonly (readonly [string, object, object])[] = [
    ['an empty list', { groups: [] }, { kind: 'known', ids: [] }],
    ['a list in capitals', { groups: [GROUP.toUpperCase()] }, { kind: 'known', ids: [GROUP] }],
    ['no claim', { groups: undefined }, { kind: 'unknown' }],
    ['the overage marker', { groups: undefined, _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint: 'http://127.0.0.1:1/' } } }, { kind: 'unknown' }],
    ['the overage marker beside a list', { _claim_names: { groups: 'src1' } }, { kind: 'unknown' }],
    ['hasgroups beside a list', { hasgroups: true }, { kind: 'unknown' }],
    ['hasgroups', { groups: undefined, hasgroups: true }, { kind: 'unknown' }],
    ['names instead of ids', { groups: ['Kafka Users'] }, { kind: 'unknown' }],
  ];
  it.each(groupRows)('with %s tells its groups as far as they are known', async (_sentence, claims, groups) => {
    const verification = await verifier()(signed({ ...CLAIMS, ...claims }));
    expect(verification.kind === 'verified' && verification.facts.groups).toEqual(groups);
  });

  it('is not called wrong while the keys cannot be had', async () => {
    await expect(verifier(awayStore)(signed(CLAIMS))).rejects.toBeInstanceOf(Unavailable);
  });
});

describe('the cache of verified tokens', () => {
  const facts = { authority: 'tenant', pluginId: 'entra', tenant: TENANT, subject: OBJECT, issuerKey: V2.issuer, name: OBJECT, groups: { kind: 'unknown' }, roles: [], applicationId: CLIENT } as const;
  const cached = (exp: number, maxAgeSeconds = 60) => {
    let now = NOW * 1000;
    let verifications = 0;
    const cache = createVerifiedTokenCache(maxAgeSeconds, { now: () => now });
    const verify = async (token: string): Promise<Verification> => {
      verifications += 1;
      return token === 'bad' ? { kind: 'rejected', reason: 'bad-signature' } : { kind: 'verified', facts: { ...facts, verifiedAt: now, credentialExpiresAt: exp * 1000 } };
    };
    return { ask: (token = 'good') => cache.through(token, verify), later: (seconds: number) => (now += seconds * 1000), verifications: () => verifications, cache };
  };
  it('keeps the time of the real verification', async () => {
    const { ask, later, verifications } = cached(NOW + 3_600);
    await ask();
    later(59);
    const again = await ask();
    expect(again.kind === 'verified' && again.facts.verifiedAt).toBe(NOW * 1000);
    expect(verifications()).toBe(1);
  });
  it('verifies again after a minute', async () => {
    const { ask, later, verifications } = cached(NOW + 3_600);
    await ask();
    later(60);
    await ask();
    expect(verifications()).toBe(2);
  });
  it('never outlives the token', async () => {
    const { ask, later, verifications } = cached(NOW + 10);
    await ask();
    later(10);
    await ask();
    expect(verifications()).toBe(2);
  });
  it('holds no rejection, and nothing for another token', async () => {
    const { ask, verifications } = cached(NOW + 3_600);
    await ask('bad');
    await ask('bad');
    await ask('good');
    await ask('good2');
    expect(verifications()).toBe(4);
  });
  it('forgets on command, and is off at zero', async () => {
    const { ask, cache, verifications } = cached(NOW + 3_600);
    await ask();
    cache.forget();
    await ask();
    expect(verifications()).toBe(2);
    const off = cached(NOW + 3_600, 0);
    await off.ask();
    await off.ask();
    expect(off.verifications()).toBe(2);
  });
});

describe('the settings', () => {
  const version = { issuer: V2.issuer, jwksUrl: 'https://idp/keys' };
  const block = (over: object) => entraSchema.safeParse({ id: 'e', type: 'entra', authority: 'a', tenant: TENANT, versions: { v2: { ...version, audiences: ['x'] } }, ...over });
  it("take HDInsight's audiences only where they say so, and then by default those of the public cloud", () => {
    expect(block({}).data?.hdinsight).toBeUndefined();
    expect(block({ hdinsight: {} }).data?.hdinsight?.audiences).toEqual(HDINSIGHT_AUDIENCES);
    expect(block({ hdinsight: {}, versions: { v2: version } }).success).toBe(true);
  });
  it.each([
    ['no audience at all', { versions: { v2: version } }],
    ['one audience as own and as foreign', { hdinsight: { audiences: ['x'] } }],
    ['no foreign audience', { hdinsight: { audiences: [] } }],
  ])('refuse %s', (_sentence, over) => {
    expect(block(over).success).toBe(false);
  });
});
