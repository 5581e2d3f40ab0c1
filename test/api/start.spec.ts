import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stack as theStack, type Stack } from '../setup/stack.ts';
import { basic } from './https.client.ts';
import { runProxy, type RunningProxy } from './running-proxy.ts';
import { startOnce } from './start-once.ts';

const MAIN = 'dist/apps/proxy/src/main.js';
let stack: Stack;

beforeAll(() => {
  stack = theStack();
});

describe('a bad setting stops the start and is named with its path', () => {
  it.each([
    ['an unknown key', { POSTERN__surprise: '1' }, /surprise: unknown key/],
    ['an unknown key deep inside', { POSTERN__listeners__0__tls__cipher: 'x' }, /listeners\.0\.tls\.cipher: unknown key/],
    ['an unknown key of a plugin', { POSTERN__plugins__0__users__bass: 'x' }, /plugins\.0\.users\.bass: unknown key/],
    ['a bad value', { POSTERN__limits__bodyBytes: 'many' }, /limits\.bodyBytes: /],
    ['an unknown plugin type', { POSTERN__plugins__0__type: 'kerberos' }, /plugins\.0\.type: unknown plugin type/],
    ['a plain listener that is not on loopback', { POSTERN__listeners__0: '{name: public, host: 0.0.0.0, port: 1, kind: plain, apis: [v2]}' }, /listeners\.0\.host: a plain listener binds a loopback address only/],
    ['a management listener that is not on loopback', { POSTERN__management__host: '0.0.0.0' }, /management\.host: /],
    ['a cluster without TLS', { POSTERN__clusters__0__listeners__0: '{name: minted, bootstrapServers: ["kafka.example:9092"], trusts: {kind: token-service}}' }, /clusters\.0\.listeners\.0\.tls: /],
    ['unsafe: true away from loopback', { POSTERN__clusters__0__listeners__0: '{name: minted, unsafe: true, bootstrapServers: ["kafka.example:9092"], trusts: {kind: token-service}}' }, /bootstrapServers: unsafe: true is for loopback/],
    ['an authority that does not say whom it admits', { POSTERN__authorities__0__admits: '{}' }, /authorities\.0\.admits: must say whom it admits/],
    ['two authorities that own the same names', { POSTERN__authorities__1__kafkaNames: '{owns: plain}' }, /corp.*demo-tenant|demo-tenant.*corp/],
    ['no protected names', { POSTERN__identity__protectedNames: '[]' }, /identity\.protectedNames: /],
    ['a proof that lasts too long', { POSTERN__identity__maxProofAgeSeconds: '3600' }, /identity\.maxProofAgeSeconds: /],
    ['a hole in the credential matrix', { POSTERN__clusters__0__credentials: '[{from: "authority:corp", source: minted, listener: minted}]' }, /no row for/],
    ['a caller\'s token on a listener that trusts another issuer', { POSTERN__clusters__0__credentials__2__listener: 'minted' }, /does not trust exactly this issuer/],
    ['two plugins that claim Basic', { POSTERN__plugins__2: '{id: other, type: ldap, authority: corp, urls: ["ldaps://127.0.0.1:1"], caFile: tls/ca.crt, service: {dn: "cn=x", passwordFile: directory/service.password}, users: {base: "dc=x", loginAttribute: uid, nameAttribute: uid, idAttribute: entryUUID}}' }, /corp-ldap.*other.*Basic/],
    ['a key file that is not there', { POSTERN__clusters__0__tokenService__keysFile: 'nope.json' }, /nope\.json/],
    ['ldap without TLS', { POSTERN__plugins__0__urls: '["ldap://directory.example"]' }, /plugins\.0\.urls: must be ldaps/],
  ])('%s', (_, environment, expected) => {
    const { status, stderr } = startOnce(stack, environment as unknown as Record<string, string>);
    expect(stderr).toMatch(expected);
    expect(status).toBe(1);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('without a settings file it says how to start', () => {
    const { status, stderr } = spawnSync(process.execPath, [MAIN], { encoding: 'utf8', timeout: 20_000 });
    expect([status, stderr]).toEqual([2, expect.stringContaining('usage: postern --config FILE')]);
  });
});

describe('a running proxy', () => {
  let proxy: RunningProxy;
  beforeAll(async () => {
    proxy = await runProxy(stack);
  });
  afterAll(() => proxy?.stop());

  it('serves its public keys over HTTPS and in the brokers\' file, and nothing but public keys', async () => {
    const served = await new Promise<{ keys: Record<string, unknown>[] }>((resolve, reject) => {
      get(`${proxy.proxy.jwksUrl}/clusters/main/jwks.json`, { agent: new Agent({ ca: readFileSync(proxy.proxy.caFile) }) }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString())).on('end', () => resolve(JSON.parse(text) as { keys: Record<string, unknown>[] }));
      }).on('error', reject);
    });
    expect(served).toEqual(JSON.parse(readFileSync(proxy.proxy.jwksFile, 'utf8')));
    for (const key of served.keys) expect(Object.keys(key).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
  });

  it('tells each part\'s state without a secret or an address', async () => {
    const ready = async (): Promise<unknown> => {
      const response = await fetch(`${proxy.proxy.managementUrl}/readyz`);
      return [response.status, await response.json()];
    };
    // The first look at the directory may still be under way; nobody has needed Graph yet.
    await expect.poll(ready, { timeout: 10_000 }).toEqual([
      200,
      { status: 'ready', parts: [...['kafka:main', 'corp-ldap:directory', 'demo-entra:v1-keys', 'demo-entra:v2-keys'].map((name) => ({ name, state: 'up' })), { name: 'demo-entra:graph', state: 'unknown' }] },
    ]);
    expect(await (await fetch(`${proxy.proxy.managementUrl}/healthz`)).json()).toEqual({ status: 'up' });
    expect((await fetch(`${proxy.proxy.managementUrl}/`)).status).toBe(404);
    expect((await fetch(`${proxy.proxy.managementUrl}/metrics`, { method: 'POST' })).status).toBe(405);
  });

  it('reads its signing keys again on SIGHUP, and keeps the old ones when the file is bad', async () => {
    const served = readFileSync(proxy.proxy.jwksFile, 'utf8');
    process.kill(proxy.proxy.pid, 'SIGHUP');
    await expect.poll(() => proxy.log()).toContain('settings read again');
    const good = readFileSync(stack.minted.keysFile);
    writeFileSync(stack.minted.keysFile, '{"keys":');
    try {
      process.kill(proxy.proxy.pid, 'SIGHUP');
      await expect.poll(() => proxy.log()).toContain('"alarm":"bad-reload"');
    } finally {
      writeFileSync(stack.minted.keysFile, good);
    }
    expect(readFileSync(proxy.proxy.jwksFile, 'utf8')).toBe(served);
    expect((await proxy.call('/topics', { authorization: basic('alice', 'alice-secret') })).status).toBe(200);
  });

  it('stops cleanly on SIGTERM: exit code 0 and its last lines written', async () => {
    await proxy.proxy.stop();
    expect(proxy.proxy.ended()).toBe('exit code 0');
    expect(proxy.log()).toContain('"msg":"stopped"');
  });
});
