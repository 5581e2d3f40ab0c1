import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { basic, bearer, V2_JSON } from '../api/https.client.ts';
import { runProxy, type RunningProxy } from '../api/running-proxy.ts';
import { startOnce } from '../api/start-once.ts';
import { stack as theStack, type Stack } from '../setup/stack.ts';
import { caseCount } from './case.count.ts';

/*
 * Section F of the attack cases, as far as they are about identity. I29: a canary goes through every path as password, token, cookie and query, and no output of the
 * process has it afterwards: log, answers, metrics, readiness.
 */
const CANARY = 'canary-9f3b61d2';
const { it: attack, sent } = caseCount('F');
let stack: Stack;
let proxy: RunningProxy;
const outputs: string[] = [];

beforeAll(async () => {
  stack = theStack();
  proxy = await runProxy(stack, { environment: { POSTERN__log__level: 'debug' } });
});
afterAll(() => proxy?.stop());

const say = async (path: string, call: Parameters<RunningProxy['call']>[1]) => {
  sent();
  const answer = await proxy.call(path, call);
  outputs.push(answer.body, JSON.stringify(answer.headers));
  return answer.status;
};

const rawly = (text: string): Promise<void> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(proxy.proxy.url);
    const socket = connect({ host: hostname, port: Number(port), ca: readFileSync(proxy.proxy.caFile), servername: 'localhost' }, () => socket.write(text));
    socket.on('data', (chunk: Buffer) => outputs.push(chunk.toString()));
    socket.on('close', () => resolve()).on('error', () => resolve());
    socket.setTimeout(3_000, () => socket.destroy());
  });

describe('no secret in any output', () => {
  attack(114, 'a canary that went through every path as a secret is in no log, answer or metric', async () => {
    const token = await stack.issuer.sign('orders-service', 'api://postern', { claims: { jti: CANARY } });
    const broken = await stack.issuer.sign('orders-service', 'api://postern', { claims: { aud: CANARY } });
    const opaque = Buffer.from(CANARY).toString('base64url');
    const body = '{"records":[{"value":1}]}';
    for (const path of ['/', '/topics', '/topics/leak', '/topics/leak/partitions', '/nope']) {
      for (const authorization of [basic('alice', CANARY), basic(CANARY, 'x'), basic('alice', `${CANARY}\u0000`), bearer(token), bearer(broken), bearer(opaque), `Digest ${CANARY}`, CANARY]) {
        await say(path, { authorization });
        await say(path, { authorization, contentType: V2_JSON, body });
      }
    }
    // Has the proxy ask Graph with its own secret and token.
    await say('/topics', { authorization: bearer(await stack.issuer.fetchToken('outsider')) });
    await say(`/topics?access_token=${CANARY}`, {});
    await rawly(`GET / HTTP/1.1\r\nHost: h\r\nAuthorization: Basic ${CANARY}\r\nAuthorization: Bearer ${CANARY}\r\nCookie: ${CANARY}\r\nProxy-Authorization: ${CANARY}\r\nConnection: close\r\n\r\n`);
    await rawly(`GET / HTTP/1.1\r\nHost: h\r\nAuthorization : Basic ${CANARY}\r\n\r\n`);
    for (const path of ['/metrics', '/readyz', '/healthz']) outputs.push(await (await fetch(`${proxy.proxy.managementUrl}${path}`)).text());

    const secrets = [CANARY, Buffer.from(`alice:${CANARY}`).toString('base64'), Buffer.from(`${CANARY}:x`).toString('base64'), token, token.split('.')[2] ?? '', broken, opaque];
    await expect.poll(() => proxy.audits().length).toBeGreaterThan(80);
    const everything = [proxy.log(), ...outputs].join('\n');
    for (const secret of secrets) expect(everything.includes(secret), `found ${secret.slice(0, 12)}…`).toBe(false);
    // The Kafka tokens that were minted, and the service account's password, have been in memory: not in the output either.
    expect(everything).not.toMatch(/eyJ[\w-]{10,}\.[\w-]{20,}\.[\w-]{20,}/);
    expect(everything).not.toContain(readFileSync(stack.directory.service.passwordFile, 'utf8').trim());
    expect(everything).not.toContain(stack.issuer.client('postern-proxy').secret);
  });

  attack(115, 'what a caller types cannot forge a line of the log', async () => {
    sent();
    const answer = await proxy.call('/topics/x%0a%7B%22kind%22%3A%22audit%22%7D', { authorization: basic('alice', 'alice-secret') });
    const id = String(answer.headers['x-request-id']);
    await expect.poll(() => proxy.audits().filter((record) => record['requestId'] === id).length, { timeout: 10_000 }).toBe(1);
    for (const line of proxy.log().trim().split('\n')) expect(line).toMatch(/^\{"level":/);
  });

  attack(116, 'no label of a metric is what a caller sent', async () => {
    await say('/topics/label-canary', { authorization: basic('alice', 'alice-secret') });
    expect(await (await fetch(`${proxy.proxy.managementUrl}/metrics`)).text()).not.toMatch(/label-canary|alice/);
  });

  attack(117, 'no answer has a stack, a file or an address of a server behind', async () => {
    const ports = [stack.directory.url, stack.issuer.url, ...Object.values(stack.kafka.bootstrap)].map((address) => /:(\d+)$/.exec(address)?.[1] ?? address);
    for (const text of outputs) {
      expect(text).not.toMatch(/node_modules|\.[jt]s:\d+|\bat \w+ \(|Error:/);
      for (const port of ports) expect(text.includes(`:${port}`), text.slice(0, 200)).toBe(false);
    }
    expect(outputs.length).toBeGreaterThan(160);
  });

  attack(118, "a directory's or broker's own words about a refusal are not passed on", async () => {
    await stack.directory.lock('erin');
    const locked = await proxy.call('/topics', { authorization: basic('erin', 'erin-secret') });
    const wrong = await proxy.call('/topics', { authorization: basic('erin', 'something') });
    await stack.directory.unlock('erin');
    sent(2);
    expect([locked.status, locked.body]).toEqual([401, wrong.body]);
    expect(locked.body).not.toMatch(/lock|ldap|bind|49|775|invalid credentials/i);
  });

  const badStart = (environment: Readonly<Record<string, string>>) => {
    sent();
    const { status, stderr } = startOnce(stack, environment);
    return [status, stderr] as const;
  };
  attack(120, 'settings that would let anyone in stop the start and are named', () => {
    const secret = join(stack.runDir, 'readable.secret');
    writeFileSync(secret, 'x', { mode: 0o644 });
    const rows: readonly (readonly [string, Readonly<Record<string, string>>, RegExp])[] = [
      ['an unknown plugin', { POSTERN__plugins__0__type: 'open' }, /plugins\.0\.type/],
      ['keys over plain HTTP', { POSTERN__plugins__1__versions__v2__jwksUrl: 'http://127.0.0.1:1/keys' }, /plugins\.1\.versions\.v2\.jwksUrl/],
      ['no audience', { POSTERN__plugins__1__hdinsight__audiences: '[]' }, /plugins\.1\.hdinsight\.audiences/],
      ['an empty audience', { POSTERN__plugins__1__versions__v2__audiences: '[""]' }, /plugins\.1\.versions\.v2\.audiences/],
      ['an issuer of any tenant', { POSTERN__plugins__1__tenant: 'common' }, /plugins\.1\.tenant/],
      ['no tenant', { POSTERN__plugins__1__tenant: '' }, /plugins\.1\.tenant/],
      ['a directory without TLS', { POSTERN__plugins__0__urls: '["ldap://127.0.0.1:1"]' }, /plugins\.0\.urls/],
      ['a check of certificates that is off', { POSTERN__plugins__0__rejectUnauthorized: 'false' }, /rejectUnauthorized/],
      ['a CA that is not there', { POSTERN__plugins__0__caFile: 'nowhere.crt' }, /nowhere\.crt/],
      ['a secret that others can read', { POSTERN__plugins__0__service__passwordFile: secret }, /readable\.secret/],
      ['an authority that admits nobody in particular', { POSTERN__authorities__1__admits: '{}' }, /authorities\.1\.admits/],
      ['our own issuer as one that we accept', { POSTERN__tokenService__issuer: 'https://sts.windows.net/11111111-2222-4333-8444-555555555555/' }, /sts\.windows\.net|tokenService\.issuer/],
    ];
    const seen = rows.map(([row, environment, named]) => {
      const [status, stderr] = badStart(environment);
      return [row, status, named.test(stderr)];
    });
    expect(seen).toEqual(rows.map(([row]) => [row, 1, true]));
    return Promise.resolve();
  });

  attack(124, 'no address of a server behind ever comes from a request', async () => {
    const { keys } = await stack.issuer.requestCounts();
    for (const header of ['X-Forwarded-Host: 127.0.0.1:9', 'X-Original-URL: /topics', 'X-Forwarded-For: 10.0.0.1', 'Forwarded: host=evil', 'X-Remote-User: alice', 'X-Forwarded-Client-Cert: Subject="CN=alice"', 'X-MS-CLIENT-PRINCIPAL-NAME: alice'])
      await rawly(`GET http://127.0.0.1:9/topics HTTP/1.1\r\nHost: evil.example\r\n${header}\r\nConnection: close\r\n\r\n`);
    expect(outputs.slice(-7).every((text) => text.startsWith('HTTP/1.1 401') || text.startsWith('HTTP/1.1 400'))).toBe(true);
    expect((await stack.issuer.requestCounts()).keys).toBe(keys);
  });

  attack(123, 'SIGTERM ends with exit code 0, and its last lines hold no secret', async () => {
    await proxy.call('/topics', { authorization: basic('alice', CANARY) });
    await proxy.stop();
    expect(proxy.proxy.ended()).toMatch(/0/);
    expect(proxy.log()).not.toContain(CANARY);
  });
});
