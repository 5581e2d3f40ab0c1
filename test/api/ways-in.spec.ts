import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mdsWayIn } from '../../stack/quickstart/mds.way-in.ts';
import { startMds, type Certificates, type Mds } from '../../stack/src/index.ts';
import { stack as theStack, type Stack } from '../setup/stack.ts';
import { basic, bearer } from './https.client.ts';
import { runProxy, type RunningProxy } from './running-proxy.ts';

/* LDAP, MDS, Entra and another OIDC issuer side by side on one listener, chosen by scheme and issuer. */
let stack: Stack;
let mds: Mds;
let proxy: RunningProxy;

beforeAll(async () => {
  stack = theStack();
  mds = await startMds({ certificates: stack.certificates as Certificates, usualPorts: false, lifetime: 'parent', runDir: mkdtempSync(join(stack.runDir, 'api-mds-')), directory: stack.directory });
  await stack.kafka.createTopics({ name: 'ways.alice', partitions: 1 });
  await stack.kafka.addAcls({ principal: 'alice', resource: 'topic', name: 'ways.alice', operations: ['describe'] });
  proxy = await runProxy(stack, {
    environment: mdsWayIn(mds, stack.directory),
  });
});
afterAll(async () => {
  await proxy?.stop();
  await mds?.stop();
});

const topics = async (authorization: string) => {
  const answer = await proxy.call('/topics', { authorization });
  return [answer.status, answer.status === 200 && (JSON.parse(answer.body) as string[]).includes('ways.alice')];
};

describe('several ways in on one listener', () => {
  it('alice by password and alice by MDS token are one principal, and Kafka sees the same name', async () => {
    const fetched = await mds.fetchToken('alice', 'alice-secret');
    expect([await topics(basic('alice', 'alice-secret')), await topics(bearer(fetched))]).toEqual([[200, true], [200, true]]);
    const audits = () => proxy.audits().filter((record) => record['principal'] === 'alice' && record['status'] === 200);
    await expect.poll(() => audits().length).toBe(2);
    const keys = audits().map((record) => [record['plugin'], record['principalKey']]);
    expect(new Set(keys.map(([plugin]) => plugin))).toEqual(new Set(['corp-ldap', 'corp-mds']));
    expect(new Set(keys.map(([, key]) => key)).size).toBe(1);
  });

  it('an MDS token of a person whom the authority does not admit is 403, a forged one 401, and Entra goes on beside', async () => {
    expect((await topics(bearer(await mds.fetchToken('carol', 'carol-secret'))))[0]).toBe(403);
    const [head, body] = (await mds.fetchToken('alice', 'alice-secret')).split('.');
    expect((await topics(bearer(`${head}.${body}.${'A'.repeat(342)}`)))[0]).toBe(401);
    expect((await topics(bearer(await stack.issuer.fetchToken('orders-service'))))[0]).toBe(200);
  });
});
