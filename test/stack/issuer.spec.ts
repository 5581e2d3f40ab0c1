import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRemoteJWKSet, customFetch, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMITTED_GROUP, callHttps, startIssuer, TENANT, type Issuer } from '../../stack/src/index.ts';
import { stack } from '../setup/stack.ts';

describe('the Entra-shaped issuer', () => {
  let issuer: Issuer;

  beforeAll(async () => {
    const { runDir, certificates } = stack();
    issuer = await startIssuer({ runDir: mkdtempSync(join(runDir, 'own-issuer-')), certificates, usualPorts: false, lifetime: 'parent' });
  });
  afterAll(() => issuer.stop());

  const get = async (path: string): Promise<Record<string, unknown>> => JSON.parse((await callHttps(`${issuer.url}${path}`, issuer.caFile)).body) as Record<string, unknown>;
  const keySet = (url: string) =>
    createRemoteJWKSet(new URL(url), { [customFetch]: async (address) => new Response((await callHttps(address, issuer.caFile)).body), cooldownDuration: 0 });
  const secretOf = (name: 'orders-service' | 'outsider') => ({ client_id: issuer.client(name).appId, client_secret: issuer.client(name).secret });
  const GRANT = { grant_type: 'client_credentials', scope: 'api://postern/.default' };

  it('describes both versions of the tenant', async () => {
    expect(await get(`/${TENANT}/v2.0/.well-known/openid-configuration`)).toMatchObject({ issuer: `${issuer.url}/${TENANT}/v2.0`, jwks_uri: issuer.v2.jwksUrl, token_endpoint: issuer.v2.tokenUrl });
    expect(await get(`/${TENANT}/.well-known/openid-configuration`)).toMatchObject({ issuer: `https://sts.windows.net/${TENANT}/`, jwks_uri: issuer.v1.jwksUrl });
    expect(await get('/common/discovery/instance')).toHaveProperty('tenant_discovery_endpoint', `${issuer.url}/${TENANT}/v2.0/.well-known/openid-configuration`);
  });

  it('gives a v2 application token for an API that is registered for v2', async () => {
    const { payload, protectedHeader } = await jwtVerify(await issuer.fetchToken('orders-service'), keySet(issuer.v2.jwksUrl), { issuer: issuer.v2.issuer, audience: issuer.v2.audience });
    const { objectId, appId } = issuer.client('orders-service');
    expect(payload).toMatchObject({ ver: '2.0', idtyp: 'app', oid: objectId, sub: objectId, azp: appId, tid: TENANT, groups: [ADMITTED_GROUP] });
    expect(payload).not.toHaveProperty('scp');
    expect(protectedHeader).toMatchObject({ typ: 'JWT', alg: 'RS256' });
    expect(protectedHeader).not.toHaveProperty('x5t');
  });

  it('gives a v1 token for an API that is registered for v1, though the v2 endpoint was asked', async () => {
    const { payload, protectedHeader } = await jwtVerify(await issuer.fetchToken('outsider', 'api://postern-v1'), keySet(issuer.v1.jwksUrl), {
      issuer: issuer.v1.issuer,
      audience: 'api://postern-v1',
    });
    expect(payload).toMatchObject({ ver: '1.0', appid: issuer.client('outsider').appId });
    expect(payload).not.toHaveProperty('groups');
    expect(protectedHeader['x5t']).toBe(protectedHeader.kid);
  });

  it.each([
    ['a wrong secret', () => ({ ...GRANT, ...secretOf('outsider'), client_secret: 'wrong' }), 401, 7000215],
    ['an unknown client', () => ({ ...GRANT, client_id: 'cccccccc-0000-4000-8000-0000000000ff', client_secret: 'x' }), 400, 700016],
    ['an unknown API', () => ({ ...GRANT, ...secretOf('outsider'), scope: 'api://other/.default' }), 400, 500011],
    ['a scope that names no API', () => ({ ...GRANT, ...secretOf('outsider'), scope: 'openid' }), 400, 1002012],
    ['another grant', () => ({ ...GRANT, ...secretOf('outsider'), grant_type: 'password' }), 400, 70003],
  ] as const)('refuses %s', async (_case, form, status, code) => {
    const reply = await issuer.requestToken(form());
    expect(reply.status).toBe(status);
    expect(JSON.parse(reply.body)).toMatchObject({ error_codes: [code], error_description: expect.stringContaining(`AADSTS${code}`) as string });
  });

  it('takes the secret as Basic too', async () => {
    const { client_id: id, client_secret: secret } = secretOf('outsider');
    const reply = await issuer.requestToken(GRANT, { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` });
    expect(JSON.parse(reply.body)).toMatchObject({ token_type: 'Bearer', expires_in: 3599 });
  });

  it('signs with a new key after a rotation, still publishes the old one, and drops it when told', async () => {
    const old = decodeProtectedHeader(await issuer.fetchToken('outsider')).kid;
    const rotated = await issuer.rotateKeys();
    expect(rotated[1]).toBe(old);
    expect(decodeProtectedHeader(await issuer.fetchToken('outsider')).kid).toBe(rotated[0]);
    const file = () => (JSON.parse(readFileSync(issuer.jwksFile, 'utf8')) as { keys: { kid: string }[] }).keys.map((key) => key.kid);
    expect(file()).toEqual(rotated);
    expect(await issuer.dropKey()).toEqual([rotated[0]]);
    expect(file()).toEqual([rotated[0]]);
  });

  it('signs tokens of any shape for specifications', async () => {
    const token = decodeJwt(await issuer.sign('outsider', 'api://postern', { claims: { tid: null, groups: ['other'] }, lifeSeconds: -10 }));
    expect(token).not.toHaveProperty('tid');
    expect(token['groups']).toEqual(['other']);
    expect(token.exp).toBeLessThan(Date.now() / 1_000);
  });

  it.each([
    ['unavailable', { status: 503 }],
    ['html', { status: 200, body: expect.stringContaining('<!doctype html>') as string }],
  ] as const)('answers %s where it is told to, and only there', async (kind, expected) => {
    await issuer.fault('keys', kind);
    expect(await callHttps(issuer.v2.jwksUrl, issuer.caFile)).toMatchObject(expected);
    await expect(issuer.fetchToken('outsider')).resolves.toMatch(/^ey/);
    await issuer.fault('all', 'none');
  });

  it('stalls where it is told to', async () => {
    await issuer.fault('token', 'stall');
    await expect(callHttps(issuer.v2.tokenUrl, issuer.caFile, { method: 'POST', timeoutMs: 300 })).rejects.toThrow(/abort/i);
    await issuer.fault('token', 'none');
  });

  it('tells Postern, and nobody else, which groups a service principal is in', async () => {
    const graphToken = async (name: 'postern-proxy' | 'outsider'): Promise<string> => {
      const { appId, secret } = issuer.client(name);
      const reply = await issuer.requestToken({ grant_type: 'client_credentials', client_id: appId, client_secret: secret, scope: 'https://graph.microsoft.com/.default' });
      return (JSON.parse(reply.body) as { access_token: string }).access_token;
    };
    const ask = (objectId: string, token: string) =>
      callHttps(`${issuer.url}/v1.0/servicePrincipals/${objectId}/checkMemberGroups`, issuer.caFile, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ groupIds: [ADMITTED_GROUP, '5d1a5a51-0000-4000-8000-0000000000ff'] }),
      });
    const proxy = await graphToken('postern-proxy');
    expect(JSON.parse((await ask(issuer.client('orders-service').objectId, proxy)).body)).toMatchObject({ value: [ADMITTED_GROUP] });
    expect(JSON.parse((await ask(issuer.client('outsider').objectId, proxy)).body)).toMatchObject({ value: [] });
    expect((await ask('cccccccc-0000-4000-8000-0000000000ff', proxy)).status).toBe(404);
    expect((await ask(issuer.client('outsider').objectId, await graphToken('outsider'))).status).toBe(403);
    expect((await ask(issuer.client('outsider').objectId, await issuer.fetchToken('outsider'))).status).toBe(401);
  });

  it('keeps its keys over a restart', async () => {
    const before = readFileSync(issuer.jwksFile, 'utf8');
    await issuer.restart();
    expect((await callHttps(issuer.v2.jwksUrl, issuer.caFile)).body).toBe(before);
  });
});
