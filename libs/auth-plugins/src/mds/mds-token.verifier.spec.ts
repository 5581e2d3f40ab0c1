import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createMdsTokenVerifier, type MdsTokenReading, type MdsTokenVerifierOptions } from './mds-token.verifier.js';

const NOW = 1_800_000_000;
const old = generateKeyPairSync('rsa', { modulusLength: 2048 });
const current = generateKeyPairSync('rsa', { modulusLength: 2048 });
const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 });
const CLAIMS = { jti: 'j', iss: 'Confluent', sub: 'alice', exp: NOW + 3_600, iat: NOW, nbf: NOW - 60, azp: 'alice', auth_time: NOW };
const HEADER = { kid: null, alg: 'RS256' };

const part = (value: object | string) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const signed = (claims: object | string = CLAIMS, header: object | string = HEADER, key: KeyObject = current.privateKey, hash = 'sha256') => {
  const input = `${part(header)}.${part(claims)}`;
  return `${input}.${sign(hash, Buffer.from(input), key).toString('base64url')}`;
};
const hs256 = () => {
  const input = `${part({ kid: null, alg: 'HS256' })}.${part(CLAIMS)}`;
  return `${input}.${createHmac('sha256', current.publicKey.export({ type: 'spki', format: 'pem' })).update(input).digest('base64url')}`;
};
const verifier = (over: Partial<MdsTokenVerifierOptions> = {}) =>
  createMdsTokenVerifier({ keys: [old.publicKey, current.publicKey], issuer: 'Confluent', allowImpersonated: false, maxTokenLifeSeconds: 21_600, clock: { now: () => NOW * 1000 }, ...over });
const said = (reading: MdsTokenReading) => (reading.kind === 'rejected' ? reading.reason : reading.kind);

describe('a token of MDS', () => {
  it('says whose it is and until when, with kid null and no audience', async () => {
    expect(await verifier()(signed())).toEqual({ kind: 'token', subject: 'alice', expiresAt: (NOW + 3_600) * 1000 });
  });

  const accepted: readonly (readonly [string, string])[] = [
    ['signed by the older of two pinned keys', signed(CLAIMS, HEADER, old.privateKey)],
    ['without kid', signed(CLAIMS, { alg: 'RS256' })],
    ['with nbf and iat 60 s ahead', signed({ ...CLAIMS, nbf: NOW + 60, iat: NOW + 60 })],
    ['that ends in one second', signed({ ...CLAIMS, exp: NOW + 1 })],
    ['whose header points to foreign keys, which are ignored', signed(CLAIMS, { ...HEADER, jku: 'https://attacker/keys', jwk: foreign.publicKey.export({ format: 'jwk' }) })],
  ];
  it.each(accepted)('%s is accepted', async (_sentence, token) => {
    expect(said(await verifier()(token))).toBe('token');
  });

  const rejected: readonly (readonly [string, string, string])[] = [
    ['of a key that is not pinned', signed(CLAIMS, HEADER, foreign.privateKey), 'bad-signature'],
    ['with a kid that is a path', signed(CLAIMS, { ...HEADER, kid: '../../etc/passwd' }), 'unknown-key'],
    ['with a kid that is a number', signed(CLAIMS, { ...HEADER, kid: 7 }), 'unknown-key'],
    ['with a kid of 257 characters', signed(CLAIMS, { ...HEADER, kid: 'k'.repeat(257) }), 'unknown-key'],
    ['whose sub ends in a blank', signed({ ...CLAIMS, sub: 'alice ' }), 'bad-claims'],
    ['of a key in its own header', signed(CLAIMS, { ...HEADER, jwk: foreign.publicKey.export({ format: 'jwk' }) }, foreign.privateKey), 'bad-signature'],
    ['without signature', `${part(HEADER)}.${part(CLAIMS)}.`, 'bad-signature'],
    ['of alg none', `${part({ kid: null, alg: 'none' })}.${part(CLAIMS)}.`, 'wrong-algorithm'],
    ['of HS256 with the public PEM as secret', hs256(), 'wrong-algorithm'],
    ['of RS512 with the right key', signed(CLAIMS, { ...HEADER, alg: 'RS512' }, current.privateKey, 'sha512'), 'wrong-algorithm'],
    ['with crit', signed(CLAIMS, { ...HEADER, crit: ['x'], x: 1 }), 'bad-claims'],
    ['with b64 false', signed(CLAIMS, { ...HEADER, b64: false, crit: ['b64'] }), 'bad-claims'],
    ['of typ at+jwt', signed(CLAIMS, { ...HEADER, typ: 'at+jwt' }), 'bad-claims'],
    ['of another issuer', signed({ ...CLAIMS, iss: 'confluent' }), 'wrong-issuer'],
    ['with an issuer list', signed({ ...CLAIMS, iss: ['Confluent'] }), 'wrong-issuer'],
    ['with an audience, which MDS never writes', signed({ ...CLAIMS, aud: 'kafka' }), 'wrong-audience'],
    ['for an impersonator', signed({ ...CLAIMS, cp_proxy: 'CN=rest' }), 'refused-form'],
    ['for an impersonator that is null', signed({ ...CLAIMS, cp_proxy: null }), 'refused-form'],
    ['without exp', signed({ ...CLAIMS, exp: undefined }), 'bad-claims'],
    ['without iat', signed({ ...CLAIMS, iat: undefined }), 'bad-claims'],
    ['that ends now', signed({ ...CLAIMS, exp: NOW }), 'expired'],
    ['that ended 30 s ago', signed({ ...CLAIMS, exp: NOW - 30 }), 'expired'],
    ['whose exp is text', signed({ ...CLAIMS, exp: String(NOW + 60) }), 'bad-claims'],
    ['whose exp is 1e99', signed(JSON.stringify({ ...CLAIMS, exp: 7 }).replace('"exp":7', '"exp":1e99')), 'bad-claims'],
    ['that lives longer than any of MDS', signed({ ...CLAIMS, exp: NOW + 21_601 }), 'bad-claims'],
    ['whose nbf is 61 s ahead', signed({ ...CLAIMS, nbf: NOW + 61 }), 'not-yet-valid'],
    ['whose iat is 61 s ahead', signed({ ...CLAIMS, iat: NOW + 61 }), 'not-yet-valid'],
    ['without sub', signed({ ...CLAIMS, sub: undefined }), 'bad-claims'],
    ['whose sub is empty', signed({ ...CLAIMS, sub: '' }), 'bad-claims'],
    ['whose sub is an object', signed({ ...CLAIMS, sub: { name: 'alice' } }), 'bad-claims'],
    ['with two members sub', signed(JSON.stringify(CLAIMS).replace('{', '{"sub":"admin",')), 'malformed'],
    ['of five parts', `${signed()}.YQ.YQ`, 'malformed'],
    ['with a newline behind it', `${signed()}\n`, 'malformed'],
    ['that is opaque', 'opaque', 'malformed'],
  ];
  it.each(rejected)('%s is rejected', async (_sentence, token, reason) => {
    expect(said(await verifier()(token))).toBe(reason);
  });

  it('for an impersonator is accepted where that is allowed', async () => {
    expect(said(await verifier({ allowImpersonated: true })(signed({ ...CLAIMS, cp_proxy: 'CN=rest' })))).toBe('token');
  });
});
