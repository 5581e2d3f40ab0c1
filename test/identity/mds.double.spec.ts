import { createPublicKey } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startMds, type Mds } from '../../stack/src/index.ts';
import { stack } from '../setup/stack.ts';
import { basic, bearer } from './run-plugin.ts';

const AUTHENTICATE = '/security/1.0/authenticate';
const ALICE = basic('alice', 'alice-secret');

/** The double keeps to what is public of MDS: its OpenAPI, and tokens and answers seen of real ones. */
describe('the MDS double', () => {
  let mds: Mds;
  beforeAll(async () => {
    const { runDir, certificates, directory } = stack();
    mds = await startMds({ runDir: mkdtempSync(join(runDir, 'mds-double-')), certificates, usualPorts: false, lifetime: 'parent', directory, superUsers: ['bob'], protectedUsers: ['admin'] });
  });
  afterAll(() => mds.stop());

  const call = async (path: string, authorization: string | null, over: { readonly method?: string; readonly body?: object } = {}) => {
    const reply = await mds.call(path, { method: over.method ?? 'GET', headers: authorization === null ? {} : { authorization }, ...(over.body === undefined ? {} : { body: JSON.stringify(over.body) }) });
    return { ...reply, json: JSON.parse(reply.body) as Record<string, unknown> & readonly unknown[] };
  };

  it('gives a token for the right password: auth_token, token_type, expires_in, and a cookie', async () => {
    const { status, json, headers } = await call(AUTHENTICATE, ALICE);
    expect([status, json]).toEqual([200, { auth_token: expect.any(String) as string, token_type: 'Bearer', expires_in: 3_600 }]);
    expect(String(headers['set-cookie'])).toMatch(/^auth_token=[^;]+; .*Secure; HttpOnly; SameSite=Lax; Max-Age=3600$/);
  });

  it('signs as MDS does: RS256, kid null, no typ, no aud, nbf a minute back, the name as typed', async () => {
    const token = await mds.fetchToken('ALICE', 'alice-secret');
    const { jti, iat = 0, ...claims } = decodeJwt(token);
    expect(decodeProtectedHeader(token)).toEqual({ kid: null, alg: 'RS256' });
    expect(claims).toEqual({ iss: 'Confluent', sub: 'ALICE', azp: 'ALICE', exp: iat + 3_600, nbf: iat - 60, auth_time: iat });
    expect(Buffer.from(jti ?? '', 'base64url')).toHaveLength(16);
    await jwtVerify(token, createPublicKey(readFileSync(mds.publicKeyFile)), { algorithms: ['RS256'] });
  });

  it('extends a token of its own', async () => {
    const { status, json } = await call(AUTHENTICATE, bearer(await mds.sign('carol')));
    expect([status, decodeJwt(String(json['auth_token'])).sub]).toEqual([200, 'carol']);
  });

  it.each([
    ['no credential', null],
    ['a wrong password', basic('alice', 'wrong')],
    ['an empty password', basic('alice', '')],
    ['an unknown name', basic('nobody', 'x')],
    ['a name with a DN in it', basic('alice,ou=people', 'alice-secret')],
    ['a token of another key', 'Bearer a.b.c'],
  ])('answers %s with 401 in the form of the contract', async (_sentence, authorization) => {
    const { status, json } = await call(AUTHENTICATE, authorization);
    expect([status, json]).toEqual([401, { status_code: 401, error_code: 40_101, type: 'UNAUTHORIZED', message: 'Unauthorized', errors: [{ error_type: 'UNAUTHORIZED', message: 'Unauthorized' }] }]);
  });

  it('names active nodes by protocol', async () => {
    expect((await call('/security/1.0/activenodes/https', ALICE)).json).toEqual([mds.url]);
    expect((await call('/security/1.0/activenodes/http', ALICE)).json).toEqual([]);
    expect((await call('/security/1.0/activenodes/https', null)).status).toBe(401);
    await mds.nameNodes(['https://elsewhere.example.test:8091']);
    expect((await call('/security/1.0/activenodes/https', ALICE)).json).toEqual(['https://elsewhere.example.test:8091']);
    await mds.nameNodes([]);
  });

  it('tells features to everyone and its cluster id to callers', async () => {
    expect((await call('/security/1.0/features', null)).json).toMatchObject({ features: { 'oidc.login.device.1.enabled': false }, legend: {} });
    expect((await call('/security/1.0/metadataClusterId', ALICE)).json).toBe(mds.clusterId);
    expect((await call('/security/1.0/metadataClusterId', null)).status).toBe(401);
  });

  it('authorizes in the order that was asked, for oneself and for super users only', async () => {
    await mds.grant([{ userPrincipal: 'User:alice', resourceType: 'Topic', resourceName: 'orders', operation: 'Write' }]);
    const action = (resourceName: string) => ({ scope: { clusters: { 'kafka-cluster': 'main' } }, resourceType: 'Topic', resourceName, operation: 'Write' });
    const ask = (authorization: string, userPrincipal: string) => call('/security/1.0/authorize', authorization, { method: 'PUT', body: { userPrincipal, actions: [action('payments'), action('orders')] } });
    expect((await ask(ALICE, 'User:alice')).json).toEqual(['DENIED', 'ALLOWED']);
    expect((await ask(basic('bob', 'bob-secret'), 'User:alice')).json).toEqual(['DENIED', 'ALLOWED']);
    expect((await ask(ALICE, 'User:bob')).status).toBe(403);
    expect((await ask(ALICE, 'alice')).status).toBe(400);
  });

  it('impersonates for its super users, never a protected name, and says so in cp_proxy', async () => {
    const ask = (authorization: string, targetPrincipalName: string) => call('/security/1.0/impersonate', authorization, { method: 'POST', body: { targetPrincipalName, targetPrincipalType: 'USER' } });
    const { status, json } = await ask(basic('bob', 'bob-secret'), 'carol');
    expect([status, decodeJwt(String(json['auth_token']))]).toEqual([200, expect.objectContaining({ sub: 'carol', cp_proxy: 'CN=bob' })]);
    expect((await ask(ALICE, 'carol')).status).toBe(403);
    expect((await ask(basic('bob', 'bob-secret'), 'admin')).status).toBe(403);
  });

  it('changes its one key without overlap, and keeps it over a restart', async () => {
    const old = await mds.sign('alice');
    await mds.rotateKey();
    expect((await call(AUTHENTICATE, bearer(old))).status).toBe(401);
    const renewed = await mds.sign('alice');
    await mds.restart();
    expect((await call(AUTHENTICATE, bearer(renewed))).status).toBe(200);
  });
});
