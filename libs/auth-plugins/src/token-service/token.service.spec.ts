import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify, type JSONWebKeySet } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CredentialExpired, CredentialUnavailable } from '@postern/kafka';
import type { VerifiedPrincipal } from '../contract/principal.js';
import { StartupError } from '../contract/startup.error.js';
import type { KafkaName } from '../authority/kafka-name.rule.js';
import type { MintRecord } from './mint.record.js';
import { createTokenService, type TokenServiceOptions } from './token.service.js';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const pem = (modulusLength = 2048) => generateKeyPairSync('rsa', { modulusLength }).privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
const PEMS = { a: pem(), b: pem(), weak: pem(1024), ec: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }) as string };
const iso = (seconds: number) => new Date(NOW + seconds * 1000).toISOString();

let dir = '';
let now = NOW;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'keys-'));
  now = NOW;
  for (const [name, text] of Object.entries(PEMS)) secret(`${name}.pem`, text);
});
afterEach(() => rmSync(dir, { recursive: true }));

const secret = (name: string, text: string, mode = 0o600) => {
  writeFileSync(join(dir, name), text);
  chmodSync(join(dir, name), mode);
};
const key = (kid: string, over: object = {}) => ({ kid, state: 'active', privateKeyFile: `${kid}.pem`, publishedAt: iso(-86_400), activeAt: iso(-3_600), retiredAt: null, ...over });
const keysFile = (name: string, ...keys: object[]) => secret(name, JSON.stringify({ keys }));
const principal = (over: Partial<VerifiedPrincipal> = {}): VerifiedPrincipal => ({
  key: 'principal-key', authority: 'corp', pluginId: 'l', tenant: null, subject: 's', issuerKey: 'authority:corp', name: 'alice', groups: { kind: 'known', ids: [] }, roles: [], applicationId: null,
  verifiedAt: now, credentialExpiresAt: null, ...over,
});
const service = (over: Partial<TokenServiceOptions> & { readonly named?: KafkaName } = {}) => {
  const records: MintRecord[] = [];
  const { named = { kind: 'name', name: 'alice' }, ...options } = over;
  const tokens = createTokenService({
    issuer: 'https://postern.example.test', lifeSeconds: 300, maxProofAgeSeconds: 600, baseDir: dir, clock: { now: () => now },
    clusters: [{ id: 'main', audience: 'kafka-main', keysFile: 'keys.json', jwksFile: 'jwks.json' }],
    authorities: { kafkaName: () => named },
    audit: (record) => void records.push(record),
    ...options,
  });
  return { tokens, records };
};
const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;

describe('a minted token', () => {
  it('verifies under the published keys with exactly the claims that brokers check', async () => {
    keysFile('keys.json', key('a'));
    const { tokens, records } = service();
    const minted = await tokens.mint(principal(), 'main');
    const { payload, protectedHeader } = await jwtVerify(minted.token.reveal(), createLocalJWKSet(tokens.jwks('main') as JSONWebKeySet), {
      issuer: 'https://postern.example.test', audience: 'kafka-main', algorithms: ['RS256'], currentDate: new Date(now),
    });
    expect(protectedHeader).toEqual({ alg: 'RS256', kid: 'a', typ: 'JWT' });
    expect(payload).toEqual({ iss: 'https://postern.example.test', aud: 'kafka-main', sub: 'alice', jti: records[0]?.jti, iat: NOW / 1000, nbf: NOW / 1000 - 60, exp: NOW / 1000 + 300 });
    expect(minted).toMatchObject({ kafkaName: 'alice', clusterId: 'main', issuedAt: NOW, expiresAt: NOW + 300_000 });
    expect(JSON.stringify(minted)).not.toContain(minted.token.reveal());
  });
  it.each([
    ['its life', {}, 300],
    ['the proof of the caller', { verifiedAt: NOW - 590_000 }, 10],
    ["the caller's own token", { credentialExpiresAt: NOW + 42_500 }, 42],
  ])('ends with %s', async (_sentence, over, seconds) => {
    keysFile('keys.json', key('a'));
    const minted = await service().tokens.mint(principal(over), 'main');
    expect(claimsOf(minted.token.reveal())['exp']).toBe(NOW / 1000 + seconds);
    expect(minted.expiresAt).toBe(NOW + seconds * 1000);
  });
  it('is not made after the proof', async () => {
    keysFile('keys.json', key('a'));
    const { tokens, records } = service();
    await expect(tokens.mint(principal({ verifiedAt: NOW - 600_000 }), 'main')).rejects.toBeInstanceOf(CredentialExpired);
    await expect(tokens.mint(principal({ credentialExpiresAt: NOW }), 'main')).rejects.toBeInstanceOf(CredentialExpired);
    expect(records).toEqual([]);
  });
  it.each<KafkaName>([{ kind: 'protected' }, { kind: 'outside' }])('is not made for a name that is $kind', async (named) => {
    keysFile('keys.json', key('a'));
    const { tokens, records } = service({ named });
    await expect(tokens.mint(principal(), 'main')).rejects.toThrow(named.kind);
    expect(records).toEqual([]);
  });
  it('leaves two records, the first before the signature', async () => {
    keysFile('keys.json', key('a'));
    const { tokens, records } = service();
    await tokens.mint(principal(), 'main', 'renewal');
    expect(records.map(({ phase }) => phase)).toEqual(['intent', 'minted']);
    expect(records[1]).toMatchObject({ kid: 'a', kafkaName: 'alice', clusterId: 'main', expiresAt: NOW + 300_000, cause: 'renewal', authority: 'corp', principalKey: 'principal-key' });
  });
  it('is not made when the audit sink fails', async () => {
    keysFile('keys.json', key('a'));
    const { tokens } = service({ audit: () => { throw new Error('disk full'); } });
    await expect(tokens.mint(principal(), 'main')).rejects.toBeInstanceOf(CredentialUnavailable);
  });
});

describe('rotation', () => {
  const signer = async (tokens: ReturnType<typeof service>['tokens']) => decodeProtectedHeader((await tokens.mint(principal(), 'main')).token.reveal()).kid;
  it('hands over to the next key at its time, without a reload, while both are published', async () => {
    keysFile('keys.json', key('a'), key('b', { state: 'next', publishedAt: iso(0), activeAt: iso(660) }));
    const { tokens } = service();
    expect(tokens.jwks('main')?.keys.map(({ kid }) => kid)).toEqual(['a', 'b']);
    expect(await signer(tokens)).toBe('a');
    now = NOW + 660_000;
    expect(await signer(tokens)).toBe('b');
  });
  it('keeps a retiring key published and no longer signs with it', async () => {
    keysFile('keys.json', key('a', { state: 'retiring', retiredAt: iso(-10) }), key('b', { activeAt: iso(-10) }));
    const { tokens } = service();
    expect(await signer(tokens)).toBe('b');
    expect(tokens.jwks('main')?.keys).toHaveLength(2);
  });
  it('drops a removed key at once on reload, whose file may be gone', async () => {
    keysFile('keys.json', key('a'), key('b', { activeAt: iso(-10) }));
    const { tokens } = service();
    keysFile('keys.json', key('a', { state: 'removed', privateKeyFile: 'gone.pem' }), key('b', { activeAt: iso(-10) }));
    tokens.stage().take();
    await tokens.writeJwksFiles();
    expect(tokens.jwks('main')?.keys.map(({ kid }) => kid)).toEqual(['b']);
    expect((JSON.parse(readFileSync(join(dir, 'jwks.json'), 'utf8')) as { keys: unknown[] }).keys).toHaveLength(1);
  });
  it('keeps what it had when a reload finds a bad file', async () => {
    keysFile('keys.json', key('a'));
    const { tokens } = service();
    secret('keys.json', '{"keys":[');
    expect(() => tokens.stage()).toThrow(StartupError);
    expect(await signer(tokens)).toBe('a');
  });
  it('cannot mint once no key is active', async () => {
    keysFile('keys.json', key('a', { retiredAt: iso(60) }));
    const { tokens } = service();
    now = NOW + 60_000;
    await expect(tokens.mint(principal(), 'main')).rejects.toBeInstanceOf(CredentialUnavailable);
  });
});

describe('the published keys', () => {
  it('hold public members only, in a file that others may read and that is replaced as a whole', async () => {
    keysFile('keys.json', key('a'));
    const { tokens } = service();
    await tokens.writeJwksFiles();
    const published = JSON.parse(readFileSync(join(dir, 'jwks.json'), 'utf8')) as { keys: object[] };
    expect(published.keys.map((each) => Object.keys(each).toSorted())).toEqual([['alg', 'e', 'kid', 'kty', 'n', 'use']]);
    expect(statSync(join(dir, 'jwks.json')).mode & 0o777).toBe(0o644);
    expect(readdirSync(dir).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expect(tokens.jwks('other')).toBeNull();
  });
});

describe('a start after the last active key was revoked', () => {
  it('publishes the next key, says that nothing signs, and signs when its time comes', async () => {
    keysFile('keys.json', key('a', { state: 'removed' }), key('b', { state: 'next', publishedAt: iso(0), activeAt: iso(660) }));
    const { tokens } = service();
    await tokens.writeJwksFiles();
    expect((JSON.parse(readFileSync(join(dir, 'jwks.json'), 'utf8')) as JSONWebKeySet).keys.map(({ kid }) => kid)).toEqual(['b']);
    expect(tokens.unsigned()).toEqual(['main']);
    await expect(tokens.mint(principal(), 'main')).rejects.toThrow(CredentialUnavailable);
    now = NOW + 660_000;
    expect(tokens.unsigned()).toEqual([]);
    expect((await tokens.mint(principal({ verifiedAt: now }), 'main')).kid).toBe('b');
  });
});

describe('the start stops', () => {
  const two = [{ id: 'main', audience: 'kafka-main', keysFile: 'keys.json' }, { id: 'second', audience: 'kafka-second', keysFile: 'second.json' }];
  const rows: readonly (readonly [string, () => void, Partial<TokenServiceOptions>, string])[] = [
    ['the keys file is missing', () => undefined, {}, 'cannot be read'],
    ['the keys file is readable by others', () => secret('keys.json', '{}', 0o644), {}, 'owner-only'],
    ['a private key is readable by its group', () => { keysFile('keys.json', key('a')); chmodSync(join(dir, 'a.pem'), 0o640); }, {}, 'owner-only'],
    ['a key has 1024 bits', () => keysFile('keys.json', key('weak')), {}, '2048'],
    ['a key is no RSA key', () => keysFile('keys.json', key('ec')), {}, 'RSA'],
    ['a key file holds something else', () => { keysFile('keys.json', key('x')); secret('x.pem', 'nonsense'); }, {}, 'no private key'],
    ['the keys file is no JSON', () => secret('keys.json', '{"keys":['), {}, 'no JSON'],
    ['the keys file holds an unknown state', () => keysFile('keys.json', key('a', { state: 'old' })), {}, 'keys.0.state'],
    ['a kid stands twice', () => keysFile('keys.json', key('a'), key('a')), {}, 'twice'],
    ['an active key has no time', () => keysFile('keys.json', key('a', { activeAt: null })), {}, 'activeAt'],
    ['no key is active', () => keysFile('keys.json', key('a', { state: 'retiring' })), {}, 'no signing key'],
    ['the only key to come has no time', () => keysFile('keys.json', key('a', { state: 'removed' }), key('b', { state: 'next', activeAt: null })), {}, 'no signing key'],
    ['a second key would sign before brokers have read it', () => keysFile('keys.json', key('a'), key('b', { state: 'next', publishedAt: iso(0), activeAt: iso(659) })), {}, "'b' may not sign before"],
    ['one key serves two clusters', () => { keysFile('keys.json', key('a')); keysFile('second.json', key('a', { kid: 'other' })); }, { clusters: two }, 'share one signing key'],
    ['one audience serves two clusters', () => { keysFile('keys.json', key('a')); keysFile('second.json', key('b')); }, { clusters: two.map((cluster) => ({ ...cluster, audience: 'kafka-main' })) }, 'share one audience'],
  ];
  it.each(rows)('when %s', (_sentence, arrange, options, text) => {
    arrange();
    expect(() => service(options)).toThrow(StartupError);
    expect(() => service(options)).toThrow(text);
  });
});
