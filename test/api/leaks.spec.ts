import { readFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stack as theStack, type Stack } from '../setup/stack.ts';
import { basic, bearer, V2_JSON } from './https.client.ts';
import { runProxy, type RunningProxy } from './running-proxy.ts';

/*
 * I29 and attack case 114: a canary goes through every path as password, token, cookie and query, and no output of the
 * process has it afterwards: log, answers, metrics, readiness.
 */
const CANARY = 'canary-9f3b61d2';
let stack: Stack;
let proxy: RunningProxy;
const outputs: string[] = [];

beforeAll(async () => {
  stack = theStack();
  proxy = await runProxy(stack, { environment: { POSTERN__log__level: 'debug' } });
});
afterAll(() => proxy?.stop());

const say = async (path: string, call: Parameters<RunningProxy['call']>[1]) => {
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
  it('a canary that went through every path is nowhere', async () => {
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
  }, 60_000);

  it('what a caller types cannot forge a line of the log', async () => {
    const before = proxy.audits().length;
    await say('/topics/x%0a%7B%22kind%22%3A%22audit%22%7D', { authorization: basic('alice', 'alice-secret') });
    await expect.poll(() => proxy.audits().length).toBe(before + 1);
  });

  it('no label of a metric is what a caller sent', async () => {
    await say('/topics/label-canary', { authorization: basic('alice', 'alice-secret') });
    expect(await (await fetch(`${proxy.proxy.managementUrl}/metrics`)).text()).not.toMatch(/label-canary|alice/);
  });
});
