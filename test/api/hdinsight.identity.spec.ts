import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stack as theStack, type Stack } from '../setup/stack.ts';
import { HIB, hibToken, json } from './hdinsight.calls.ts';
import { basic, bearer, type HttpsClient } from './https.client.ts';
import { runProxy, type RunningProxy } from './running-proxy.ts';

/* Who may call the HDInsight API: the conformance cases 2-8 and what I20 says of tokens for another resource. */
const TOPICS = '/v1/metadata/topics';
const OTHER = '22222222-2222-4333-8444-555555555555';
let stack: Stack;
let proxy: RunningProxy;
let member = '';

beforeAll(async () => {
  stack = theStack();
  proxy = await runProxy(stack, { environment: { POSTERN__plugins__1__graph__negativeSeconds: '1', POSTERN__plugins__1__graph__cacheSeconds: '1', POSTERN__plugins__1__graph__graceSeconds: '0' } });
  member = await hibToken(stack);
});
afterAll(async () => {
  await stack.issuer.fault('all', 'none');
  await proxy?.stop();
});

const shaped = async (claims: object, api: 'api://postern' | typeof HIB = HIB, more: object = {}) => bearer(await stack.issuer.sign('orders-service', api, { claims: { groups: null, ...claims }, ...more }));
const statusOf = async (client: HttpsClient, path: string, authorization?: string): Promise<number> => (await client.call(path, authorization === undefined ? {} : { authorization })).status;
const forged = (token: string) => `${token.slice(0, token.lastIndexOf('.'))}.${'A'.repeat(342)}`;
const unsigned = (token: string) => `Bearer ${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${token.split('.')[1]}.`;

describe('HDInsight: who may call', () => {
  const refused: readonly (readonly [string, () => Promise<string | undefined>, string])[] = [
    ['2 GET /v1/status without token', async () => undefined, '/v1/status'],
    ['3 GET /v1/metadata/topics without Authorization', async () => undefined, TOPICS],
    ['4 garbage token', async () => 'Bearer a.b.c', TOPICS],
    ['4 wrong signature', async () => forged(member), TOPICS],
    ['4 `alg` none', async () => unsigned(member), TOPICS],
    ['5 expired token', () => shaped({}, HIB, { lifeSeconds: -1 }), TOPICS],
    ['5 token that is not valid yet', () => shaped({ nbf: Math.floor(Date.now() / 1_000) + 600 }), TOPICS],
    ['6 wrong audience', () => shaped({ aud: 'https://storage.azure.com' }), TOPICS],
    ['6 other tenant', () => shaped({ tid: OTHER }), TOPICS],
    ['6 issuer of another tenant', () => shaped({ iss: `https://sts.windows.net/${OTHER}/` }), TOPICS],
    ['6 two audiences, one of them ours', () => shaped({ aud: [HIB, 'https://storage.azure.com'] }), TOPICS],
    ['4 a directory password that is wrong', async () => basic('alice', 'nope'), TOPICS],
  ];
  it.each(refused)('%s is 401, a JSON object without topics, with a challenge', async (_, authorization, path) => {
    const presented = await authorization();
    const answer = await proxy.hdinsight.call(path, presented === undefined ? {} : { authorization: presented });
    expect([answer.status, answer.headers['content-type'], Object.keys(json(answer.body))]).toEqual([401, 'application/json', ['error_code', 'message']]);
    expect(answer.headers['www-authenticate']).toBeDefined();
  });

  it('7 valid token, principal not in the group, is 403 and nothing reaches Kafka', async () => {
    const answer = await proxy.hdinsight.call('/v1/topics/hello_topic_outsider', { method: 'PUT', authorization: await hibToken(stack, 'outsider') });
    expect([answer.status, json(answer.body)['error_code']]).toEqual([403, 40301]);
    expect((await stack.kafka.tool('topics', ['--list'])).stdout).not.toContain('hello_topic_outsider');
  });

  it.each([
    ['v1 issuer', () => hibToken(stack)],
    ['v1 issuer, audience with a slash', () => shaped({ aud: `${HIB}/` })],
    ['v1 issuer, audience by application id', () => shaped({ aud: '7865c1d2-f040-46cc-875f-831a1ef6a28a' })],
    ['v2 issuer', () => shaped({ aud: HIB }, 'api://postern')],
    ['the audience of Postern itself', async () => bearer(await stack.issuer.fetchToken('orders-service'))],
  ])('8 member, audience of HDInsight, %s, is 200', async (_, authorization) => {
    expect(await statusOf(proxy.hdinsight, TOPICS, await authorization())).toBe(200);
  });

  it('a directory password is 200 here too: the API is served to whoever the authorities admit', async () => {
    expect(await statusOf(proxy.hdinsight, TOPICS, basic('alice', 'alice-secret'))).toBe(200);
  });

  it('8 the group by Graph: out of it is 403, in it again 200, Graph away 500 with Retry-After, and never allowed', async () => {
    const { objectId, groups } = stack.issuer.client('orders-service');
    const now = async () => proxy.hdinsight.call(TOPICS, { authorization: member });
    await stack.issuer.setMemberships(objectId, []);
    await expect.poll(async () => (await now()).status, { timeout: 5_000 }).toBe(403);
    await stack.issuer.setMemberships(objectId, groups);
    await expect.poll(async () => (await now()).status, { timeout: 5_000 }).toBe(200);
    await stack.issuer.fault('graph', 'unavailable');
    await expect.poll(async () => (await now()).status, { timeout: 5_000 }).toBe(500);
    const away = await now();
    expect([json(away.body), away.headers['retry-after']]).toEqual([{ error_code: 500, message: 'Identity could not be verified just now.' }, '5']);
    await stack.issuer.fault('graph', 'none');
    await expect.poll(async () => (await now()).status, { timeout: 8_000 }).toBe(200);
  }, 30_000);
});

describe('HDInsight: a token for its audience is good for its API alone (I20)', () => {
  it.each(['/topics', '/topics/orders', '/', '/v1/metadata/topics', '/no/such/path'])('401 on the listener of v2: %s', async (path) => {
    const answer = await proxy.call(path, { authorization: member });
    expect([answer.status, answer.headers['www-authenticate'] !== undefined]).toEqual([401, true]);
  });

  it('401 on v2 where both APIs share a listener, and 200 beside it', async () => {
    const both = await runProxy(stack, { environment: { POSTERN__listeners__0__apis: '[v2, hdinsight]' } });
    expect([await statusOf(both, '/topics', member), await statusOf(both, TOPICS, member), await statusOf(both, '/no/such/path', member)]).toEqual([401, 200, 404]);
    await both.stop();
  });

  it('says in the audit record that the audience was the reason, and who it was', async () => {
    await statusOf(proxy, '/topics', member);
    await expect.poll(() => proxy.audits().some((record) => record['reason'] === 'wrong-audience' && record['principal'] === stack.issuer.client('orders-service').objectId)).toBe(true);
  });

  it('is not taken at all where no setting says so', async () => {
    const without = await runProxy(stack, { environment: { POSTERN__plugins__1__hdinsight: JSON.stringify({ audiences: ['https://hib.other-cloud.example'] }) } });
    expect(await statusOf(without.hdinsight, TOPICS, member)).toBe(401);
    expect(await statusOf(without.hdinsight, TOPICS, await shaped({ aud: 'https://hib.other-cloud.example' }))).toBe(200);
    await without.stop();
  });

  it('is minted for: Kafka sees the object id under the issuer of Postern', async () => {
    await statusOf(proxy.hdinsight, TOPICS, member);
    const { objectId } = stack.issuer.client('orders-service');
    await expect.poll(() => proxy.audits().some((record) => record['operation'] === 'mint' && record['phase'] === 'minted' && record['kafkaName'] === objectId)).toBe(true);
  });
});

describe('HDInsight: two listeners with different APIs', () => {
  const own = async () => bearer(await stack.issuer.fetchToken('orders-service'));
  it("what the other listener serves is 401 for a stranger and 404 for a caller", async () => {
    const authorization = await own();
    expect([await statusOf(proxy, TOPICS), await statusOf(proxy.hdinsight, '/topics')]).toEqual([401, 401]);
    expect([await statusOf(proxy, TOPICS, authorization), await statusOf(proxy.hdinsight, '/topics', authorization)]).toEqual([404, 404]);
    expect([await statusOf(proxy, '/topics', authorization), await statusOf(proxy.hdinsight, TOPICS, authorization)]).toEqual([200, 200]);
  });
});
