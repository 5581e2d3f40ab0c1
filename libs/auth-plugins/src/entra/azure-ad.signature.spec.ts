import { generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { entraPlugin } from './entra.plugin.js';

const TENANT = '11111111-2222-4333-8444-555555555555';
const settings = (over: object = {}) =>
  entraPlugin.schema.parse({
    id: 'e', type: 'entra', authority: 'a', tenant: TENANT, versions: { v2: { issuer: 'https://idp/v2.0', audiences: ['aud'], jwksUrl: 'https://127.0.0.1:1/keys' } }, ...over,
  });
const isLoaded = () => Object.keys(createRequire(import.meta.url).cache).some((file) => file.includes('/passport-azure-ad/'));
const make = (over: object = {}) => entraPlugin.create(settings(over), { clock: { now: () => Date.now() }, baseDir: '/' });

describe('passport-azure-ad', () => {
  afterEach(() => void vi.restoreAllMocks());

  it('is loaded when a plugin chooses it, and not before', async () => {
    await make().close();
    expect(isLoaded()).toBe(false);
    await make({ verifier: 'passport-azure-ad' }).close();
    await expect.poll(isLoaded).toBe(true);
  });

  it('writes nothing of its own about a token, good or bad', async () => {
    const { createAzureAdVerifier } = await import('./azure-ad.signature.js');
    const { publicKey: key, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const now = Date.now();
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const input = `${part({ typ: 'JWT', alg: 'RS256', kid: 'k' })}.${part({ iss: 'i', aud: 'a', exp: now / 1000 + 60 })}`;
    const verify = createAzureAdVerifier();
    const outputs = [vi.spyOn(process.stdout, 'write'), vi.spyOn(process.stderr, 'write')];
    const kinds = await Promise.all([sign('sha256', Buffer.from(input), privateKey), Buffer.from('forged')].map(async (signature) => (await verify(`${input}.${signature.toString('base64url')}`, { key, issuer: 'i', audiences: ['a'], now })).kind));
    expect(kinds).toEqual(['payload', 'rejected']);
    for (const output of outputs) expect(output).not.toHaveBeenCalled();
  });

  it('brings no second passport into the tree, whose strategies ours would not be', () => {
    const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, { version: string }> };
    expect(Object.keys(packages).filter((path) => path.endsWith('node_modules/passport'))).toEqual(['node_modules/passport']);
    expect([packages['node_modules/passport-azure-ad']?.version, packages['node_modules/jws']?.version.split('.')[0], packages['node_modules/uuid']?.version.split('.')[0]]).toEqual(['4.3.5', '4', '11']);
  });
});
