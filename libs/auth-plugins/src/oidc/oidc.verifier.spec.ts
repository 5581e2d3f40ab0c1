import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Unavailable, type Verification } from '../contract/outcome.js';
import { readJwks } from '../keys/jwks.shape.js';
import type { KeyStore } from '../keys/key.store.js';
import { createOidcVerifier } from './oidc.verifier.js';
import { oidcSchema } from './oidc.settings.js';

const NOW = 1_800_000_000;
const ISSUER = 'https://id.example.test/realms/corp';
const GROUP = '5d1a5a51-0000-4000-8000-0000000000a1';
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwk = (key: KeyObject, kid: string, over: object = {}) => ({ ...key.export({ format: 'jwk' }), kid, ...over });
const JWKS = JSON.stringify({ keys: [jwk(rsa.publicKey, 'rsa', { use: 'sig' }), jwk(rsa.publicKey, 'rs-only', { alg: 'RS256' }), jwk(ec.publicKey, 'ec')] });
const ALL = ['RS256', 'PS256', 'ES256'] as const;

const store = (): KeyStore => {
  const reading = readJwks(JWKS, ALL);
  if (reading.kind === 'refused') throw new Error(reading.why);
  return {
    keyFor: async (kid, algorithm = 'RS256') => {
      const found = reading.keys.get(kid);
      return found?.algorithms.includes(algorithm) === true ? found.key : null;
    },
    refresh: async () => undefined,
    state: () => 'up',
  };
};
const away: KeyStore = { keyFor: () => Promise.reject(new Unavailable('keys')), refresh: async () => undefined, state: () => 'down' };
const verifier = (over: object = {}, keys: KeyStore = store()) =>
  createOidcVerifier({
    settings: oidcSchema.parse({ id: 'keycloak', type: 'oidc', authority: 'apps', issuer: ISSUER, audiences: ['kafka-rest'], jwksUrl: `${ISSUER}/certs`, algorithms: ALL, groupsClaim: 'groups', ...over }),
    keys, clock: { now: () => NOW * 1000 },
  });

const CLAIMS = { iss: ISSUER, aud: 'kafka-rest', sub: 's-1', iat: NOW - 300, exp: NOW + 3_600, azp: 'orders-app', groups: [GROUP], preferred_username: 'orders', realm_access: { roles: ['writer'] } };
const HEADER = { typ: 'JWT', alg: 'RS256', kid: 'rsa' };
const part = (value: object | string) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
type Signing = Parameters<typeof sign>[2];
const signed = (claims: object | string = CLAIMS, header: object | string = HEADER, key: Signing = rsa.privateKey, hash = 'sha256') => {
  const input = `${part(header)}.${part(claims)}`;
  return `${input}.${sign(hash, Buffer.from(input), key).toString('base64url')}`;
};
const PSS = { key: rsa.privateKey, padding: 6, saltLength: 32 };
const ES = { key: ec.privateKey, dsaEncoding: 'ieee-p1363' } as const;
const hs256 = () => {
  const input = `${part({ ...HEADER, alg: 'HS256' })}.${part(CLAIMS)}`;
  return `${input}.${createHmac('sha256', rsa.publicKey.export({ type: 'spki', format: 'pem' })).update(input).digest('base64url')}`;
};
const said = (verification: Verification) => (verification.kind === 'rejected' ? verification.reason : verification.kind);

describe('a token of an issuer', () => {
  it('gives a principal of issuer and sub, with what the configured claims say', async () => {
    const verification = await verifier({ principalClaim: 'preferred_username', rolesClaim: ['realm_access', 'roles'] })(signed());
    expect(verification).toEqual({
      kind: 'verified',
      facts: {
        authority: 'apps', pluginId: 'keycloak', tenant: ISSUER, subject: 's-1', issuerKey: ISSUER, name: 'orders', groups: { kind: 'known', ids: [GROUP] }, roles: ['writer'],
        applicationId: 'orders-app', verifiedAt: NOW * 1000, credentialExpiresAt: (NOW + 3_600) * 1000,
      },
    });
  });

  const accepted: readonly (readonly [string, string, object])[] = [
    ['signed by PS256', signed(CLAIMS, { ...HEADER, alg: 'PS256' }, PSS), {}],
    ['signed by ES256', signed(CLAIMS, { ...HEADER, alg: 'ES256', kid: 'ec' }, ES), {}],
    ['of typ at+jwt', signed(CLAIMS, { ...HEADER, typ: 'at+jwt' }), {}],
    ['of typ application/at+JWT', signed(CLAIMS, { ...HEADER, typ: 'application/at+JWT' }), {}],
    ['without typ, where that is allowed', signed(CLAIMS, { alg: 'RS256', kid: 'rsa' }), { types: ['none'] }],
    ['without nbf', signed(), {}],
    ['with our audience alone in a list', signed({ ...CLAIMS, aud: ['kafka-rest'] }), {}],
    ['with our audience among several, where that is allowed', signed({ ...CLAIMS, aud: ['account', 'kafka-rest'] }), { allowSeveralAudiences: true }],
    ['with nbf and iat 60 s ahead', signed({ ...CLAIMS, nbf: NOW + 60, iat: NOW + 60 }), {}],
    ['that ends in one second', signed({ ...CLAIMS, exp: NOW + 1 }), {}],
    ['with a claim that must be there', signed({ ...CLAIMS, typ: 'Bearer' }), { requiredClaims: { typ: 'Bearer' } }],
  ];
  it.each(accepted)('%s is accepted', async (_sentence, token, over) => {
    expect(said(await verifier(over)(token))).toBe('verified');
  });

  const rejected: readonly (readonly [string, string, string, object?])[] = [
    ['of alg none', `${part({ ...HEADER, alg: 'none' })}.${part(CLAIMS)}.`, 'wrong-algorithm'],
    ['of HS256 with the public PEM as secret', hs256(), 'wrong-algorithm'],
    ['of an algorithm that the issuer is not set to', signed(CLAIMS, { ...HEADER, alg: 'PS256' }, PSS), 'wrong-algorithm', { algorithms: ['RS256'] }],
    ['of RS384 with the right key', signed(CLAIMS, { ...HEADER, alg: 'RS384' }, rsa.privateKey, 'sha384'), 'wrong-algorithm'],
    ['of PS256 by a key that is published for RS256', signed(CLAIMS, { ...HEADER, alg: 'PS256', kid: 'rs-only' }, PSS), 'unknown-key'],
    ['of ES256 that names an RSA key', signed(CLAIMS, { ...HEADER, alg: 'ES256' }, ES), 'unknown-key'],
    ['of RS256 that names the EC key', signed(CLAIMS, { ...HEADER, kid: 'ec' }), 'unknown-key'],
    ['of ES256 in DER form', signed(CLAIMS, { ...HEADER, alg: 'ES256', kid: 'ec' }, ec.privateKey), 'bad-signature'],
    ['without signature', `${part(HEADER)}.${part(CLAIMS)}.`, 'bad-signature'],
    ['of another key under the same kid', signed(CLAIMS, HEADER, other.privateKey), 'bad-signature'],
    ['of a key in its own header', signed(CLAIMS, { ...HEADER, jwk: other.publicKey.export({ format: 'jwk' }) }, other.privateKey), 'bad-signature'],
    ['with a kid of a path', signed(CLAIMS, { ...HEADER, kid: '../../etc/passwd' }), 'unknown-key'],
    ['with a kid of 257 characters', signed(CLAIMS, { ...HEADER, kid: 'k'.repeat(257) }), 'unknown-key'],
    ['without kid', signed(CLAIMS, { typ: 'JWT', alg: 'RS256' }), 'unknown-key'],
    ['with crit', signed(CLAIMS, { ...HEADER, crit: ['x'], x: 1 }), 'bad-claims'],
    ['with b64 false', signed(CLAIMS, { ...HEADER, b64: false, crit: ['b64'] }), 'bad-claims'],
    ['of typ logout+jwt', signed(CLAIMS, { ...HEADER, typ: 'logout+jwt' }), 'bad-claims'],
    ['without typ', signed(CLAIMS, { alg: 'RS256', kid: 'rsa' }), 'bad-claims'],
    ['of typ JWT where at+jwt alone is taken', signed(), 'bad-claims', { types: ['at+jwt'] }],
    ['of an issuer with a slash more', signed({ ...CLAIMS, iss: `${ISSUER}/` }), 'wrong-issuer'],
    ['of an issuer in another case', signed({ ...CLAIMS, iss: ISSUER.toUpperCase() }), 'wrong-issuer'],
    ['of a list of issuers', signed({ ...CLAIMS, iss: [ISSUER] }), 'wrong-issuer'],
    ['for another audience', signed({ ...CLAIMS, aud: 'account' }), 'wrong-audience'],
    ['for an audience that contains ours', signed({ ...CLAIMS, aud: 'kafka-rest-2' }), 'wrong-audience'],
    ['for several audiences', signed({ ...CLAIMS, aud: ['account', 'kafka-rest'] }), 'wrong-audience'],
    ['without audience', signed({ ...CLAIMS, aud: undefined }), 'wrong-audience'],
    ['without exp', signed({ ...CLAIMS, exp: undefined }), 'bad-claims'],
    ['without iat', signed({ ...CLAIMS, iat: undefined }), 'bad-claims'],
    ['that ends now', signed({ ...CLAIMS, exp: NOW }), 'expired'],
    ['that ended 30 s ago', signed({ ...CLAIMS, exp: NOW - 30 }), 'expired'],
    ['whose exp is text', signed({ ...CLAIMS, exp: String(NOW + 60) }), 'bad-claims'],
    ['whose exp is 1e99', signed(JSON.stringify({ ...CLAIMS, exp: 7 }).replace('"exp":7', '"exp":1e99')), 'bad-claims'],
    ['that lives too long', signed({ ...CLAIMS, exp: NOW + 90_000 }), 'bad-claims'],
    ['whose nbf is 61 s ahead', signed({ ...CLAIMS, nbf: NOW + 61 }), 'not-yet-valid'],
    ['whose nbf is text', signed({ ...CLAIMS, nbf: 'now' }), 'bad-claims'],
    ['whose iat is 61 s ahead', signed({ ...CLAIMS, iat: NOW + 61 }), 'not-yet-valid'],
    ['without sub', signed({ ...CLAIMS, sub: undefined }), 'bad-claims'],
    ['whose sub is an object', signed({ ...CLAIMS, sub: {} }), 'bad-claims'],
    ['without the claim of the name', signed(), 'bad-claims', { principalClaim: 'upn' }],
    ['whose claim of the name is a list', signed(), 'bad-claims', { principalClaim: 'groups' }],
    ['whose claim of the name is inherited by every object', signed(), 'bad-claims', { principalClaim: ['constructor', 'name'] }],
    ['whose roles are no texts', signed({ ...CLAIMS, roles: [1] }), 'bad-claims', { rolesClaim: 'roles' }],
    ['that is an ID token', signed({ ...CLAIMS, at_hash: 'x' }), 'refused-form'],
    ['without a claim that must be there', signed({ ...CLAIMS, typ: 'ID' }), 'bad-claims', { requiredClaims: { typ: 'Bearer' } }],
    ['with two members sub', signed(JSON.stringify(CLAIMS).replace('{', '{"sub":"admin",')), 'malformed'],
    ['of five parts', `${signed()}.YQ.YQ`, 'malformed'],
    ['with a newline behind it', `${signed()}\n`, 'malformed'],
    ['that is opaque', 'opaque', 'malformed'],
  ];
  it.each(rejected.map(([sentence, token, reason, over = {}]) => [sentence, token, reason, over] as const))('%s is rejected', async (_sentence, token, reason, over) => {
    expect(said(await verifier(over)(token))).toBe(reason);
  });

  it.each<readonly [string, object, object]>([
    ['are not there', { groups: undefined }, {}],
    ['are elsewhere', { _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint: 'https://attacker' } } }, {}],
    ['are said to be more', { hasgroups: true }, {}],
    ['are names, which no rule could compare', { groups: [GROUP, '/kafka users'] }, {}],
    ['are no list', { groups: { a: GROUP } }, {}],
    ['are not asked for', {}, { groupsClaim: undefined }],
  ])('has unknown groups, never none, when they %s', async (_sentence, claims, over) => {
    const verification = await verifier(over)(signed({ ...CLAIMS, ...claims }));
    expect(verification.kind === 'verified' && verification.facts.groups).toEqual({ kind: 'unknown' });
  });

  it('is undecided while the keys cannot be had', async () => {
    await expect(verifier({}, away)(signed())).rejects.toBeInstanceOf(Unavailable);
  });
});
