import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { StartupError } from '../contract/startup.error.js';
import { createClaimTable } from '../claims/claim.table.js';
import { mdsPlugin } from './mds.plugin.js';
import { readPinnedKeys } from './pinned.keys.js';

const dir = mkdtempSync(join(tmpdir(), 'mds-settings-'));
afterAll(() => rmSync(dir, { recursive: true }));
const file = (name: string, text: string | Buffer): string => {
  writeFileSync(join(dir, name), text);
  return name;
};
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const spki = file('spki.pem', publicKey.export({ type: 'spki', format: 'pem' }));
const BASE = { id: 'corp-mds', type: 'mds', authority: 'corp', urls: ['https://mds.example.test:8091'], publicKeyFiles: [spki] };

describe('pinned keys', () => {
  it.each([
    ['SubjectPublicKeyInfo', spki],
    ['PKCS #1', file('pkcs1.pem', publicKey.export({ type: 'pkcs1', format: 'pem' }))],
  ])('are read as %s', (_sentence, name) => {
    expect(readPinnedKeys([name], dir, 'x')[0]?.equals(publicKey)).toBe(true);
  });
  it.each([
    ['a private key', file('private.pem', privateKey.export({ type: 'pkcs8', format: 'pem' })), 'private key'],
    ['a key of another kind', file('ec.pem', generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' })), 'no RSA public key'],
    ['a short key', file('short.pem', generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ type: 'spki', format: 'pem' })), 'under 2048 bits'],
    ['no PEM', file('text.pem', 'text'), 'no RSA public key'],
    ['no file', 'missing.pem', 'cannot be read'],
  ])('stop the start as %s, with the path of the setting', (_sentence, name, text) => {
    expect(() => readPinnedKeys([spki, name], dir, 'plugins.m.publicKeyFiles')).toThrow(StartupError);
    expect(() => readPinnedKeys([spki, name], dir, 'plugins.m.publicKeyFiles')).toThrow(new RegExp(`plugins\\.m\\.publicKeyFiles\\.1.*${text}`));
  });
});

describe('settings', () => {
  it.each<readonly [string, object]>([
    ['http to MDS', { urls: ['http://mds:8090'] }],
    ['an address with a path', { urls: ['https://mds:8091/security'] }],
    ['neither scheme', { basic: false, bearer: false }],
    ['no key', { publicKeyFiles: [] }],
    ['a deadline over 5 s', { loginDeadlineMs: 6_000 }],
    ['discovery of any host', { discovery: { hosts: ['*'], service: { name: 'postern', passwordFile: 'p' } } }],
    ['a directory without TLS', { directory: { urls: ['ldap://ldap:389'], service: { dn: 'cn=x', passwordFile: 'p' }, users: { base: 'dc=x', loginAttribute: 'uid', nameAttribute: 'uid', idAttribute: 'entryUUID' } } }],
    ['an unknown key', { url: 'https://mds' }],
  ])('refuse %s', (_sentence, over) => {
    expect(mdsPlugin.schema.safeParse({ ...BASE, ...over }).success).toBe(false);
  });

  const plugin = (over: object = {}) => mdsPlugin.create(mdsPlugin.schema.parse({ ...BASE, ...over }), { clock: { now: () => 0 }, baseDir: dir });
  it.each<readonly [string, object, readonly string[], readonly string[]]>([
    ['both schemes', {}, ['basic', 'bearer'], ['Basic realm="kafka", charset="UTF-8"', 'Bearer realm="kafka"']],
    ['tokens alone', { basic: false }, ['bearer'], ['Bearer realm="kafka"']],
    ['passwords alone', { bearer: false }, ['basic'], ['Basic realm="kafka", charset="UTF-8"']],
  ])('claim %s', async (_sentence, over, schemes, challenges) => {
    const made = plugin(over);
    expect([made.claims.map(({ scheme }) => scheme), made.challenges]).toEqual([schemes, challenges]);
    await made.close();
  });
  it('beside a directory that takes Basic too stop the start and name both', async () => {
    const ldap = { id: 'corp-ldap', claims: [{ scheme: 'basic' } as const] };
    const [both, one] = [plugin(), plugin({ basic: false })];
    expect(() => createClaimTable([ldap, both])).toThrow(/corp-ldap.*corp-mds.*Basic/);
    expect(() => createClaimTable([ldap, one])).not.toThrow();
    await Promise.all([both.close(), one.close()]);
  });
});
