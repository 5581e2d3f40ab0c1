import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMITTED_GROUP } from '../../stack/src/index.ts';
import { readTopic } from '../setup/read-topic.ts';
import { stack as theStack, type Stack } from '../setup/stack.ts';
import { basic, bearer, V2_JSON } from './https.client.ts';
import { runProxy, type RunningProxy } from './running-proxy.ts';
import { startOnce } from './start-once.ts';

const ALICE = basic('alice', 'alice-secret');
const BOB = basic('bob', 'bob-secret');
const RECORDS = '{"records":[{"value":1}]}';
const WRITERS = 'CN=orders-writers, OU=groups, DC=example, DC=test';

let stack: Stack;
const gated = (gate: object, environment: Record<string, string> = {}): Promise<RunningProxy> => runProxy(stack, { environment: { POSTERN__gate: JSON.stringify(gate), ...environment } });
const answered = async (proxy: RunningProxy, path: string, authorization: string, body?: string) => {
  const answer = await proxy.call(path, body === undefined ? { authorization } : { authorization, contentType: V2_JSON, body });
  return { status: answer.status, json: JSON.parse(answer.body) as { error_code?: number } & string[], retryAfter: answer.headers['retry-after'], requestId: answer.headers['x-request-id'] };
};

beforeAll(async () => {
  stack = theStack();
  await stack.kafka.createTopics({ name: 'gate.open', partitions: 1 }, { name: 'gate.secret.keys', partitions: 1 });
  // Kafka would let both of them do everything here: whatever is refused below, the gate refused.
  for (const principal of ['alice', 'bob', stack.issuer.client('orders-service').objectId, stack.issuer.client('outsider').objectId]) {
    await stack.kafka.addAcls({ principal, resource: 'topic', name: 'gate.', pattern: 'prefixed', operations: ['read', 'write', 'describe', 'describe-configs'] });
  }
});

describe('rules of the gate before a real cluster', () => {
  let proxy: RunningProxy;
  beforeAll(async () => {
    proxy = await gated({
      rules: [
        { effect: 'allow', operations: ['api.v2.topics.*', 'api.v2.partitions.list'], who: { everyone: true } },
        { effect: 'allow', methods: ['POST'], operations: ['api.v2.produce-to-topic'], topics: ['gate.'], who: { authority: 'corp', groups: [WRITERS] } },
        { effect: 'deny', topics: ['gate.secret.'], who: { everyone: true } },
      ],
    });
  });
  afterAll(() => proxy?.stop());

  it('let a member of the group write where they allow it, by another spelling of the group', async () => {
    expect((await answered(proxy, '/topics/gate.open', ALICE, RECORDS)).status).toBe(200);
  });

  it.each([
    ['whoever is not in the group', BOB, '/topics/gate.open', RECORDS, 'no-rule-allows'],
    ['another operation', ALICE, '/topics/gate.open/partitions/0', RECORDS, 'no-rule-allows'],
    ['an operation that is about no topic', ALICE, '/', undefined, 'no-rule-allows'],
    ['a denied topic', ALICE, '/topics/gate.secret.keys', RECORDS, 'denied-by-rule'],
    ['a denied topic in another spelling', ALICE, '/topics/%67ate%2Esecret.keys', RECORDS, 'denied-by-rule'],
    ['a look at a denied topic', ALICE, '/topics/gate.secret.keys', undefined, 'denied-by-rule'],
    ['a path that is not there', ALICE, '/nope', undefined, 'no-rule-allows'],
  ] as const)('refuse %s with 403 and say why in the audit record', async (_sentence, who, path, body, reason) => {
    const { status, json, requestId } = await answered(proxy, path, who, body);
    expect([status, json.error_code]).toEqual([403, 40301]);
    const audit = () => proxy.audits().find((record) => record['requestId'] === requestId);
    await expect.poll(audit).toMatchObject({ decision: 'forbidden', reason });
  });

  it('leave out of a list what they deny, though Kafka shows it', async () => {
    const open = await runProxy(stack);
    const names = async (of: RunningProxy) => (await answered(of, '/topics', ALICE)).json.filter((name) => name.startsWith('gate.'));
    expect([await names(open), await names(proxy)]).toEqual([['gate.open', 'gate.secret.keys'], ['gate.open']]);
    await open.stop();
  });

  it('and nothing of it has landed', async () => {
    expect((await readTopic(stack.kafka, 'gate.secret.keys')).length).toBe(0);
    expect((await readTopic(stack.kafka, 'gate.open')).length).toBe(1);
  });
});

describe('a deny rule on a group that a token does not tell, with tokens verified by passport-azure-ad,', () => {
  const NO_GROUPS = { claims: { groups: null } };
  const rules = [{ effect: 'allow', who: { everyone: true } }, { effect: 'deny', operations: ['api.v2.produce-to-topic'], who: { authority: 'demo-tenant', groups: [ADMITTED_GROUP] } }];
  let proxy: RunningProxy;
  let member = '';
  let stranger = '';
  beforeAll(async () => {
    const applications = [stack.issuer.client('orders-service').appId, stack.issuer.client('outsider').appId];
    proxy = await gated({ rules }, { POSTERN__authorities__1__admits: JSON.stringify({ applications }), POSTERN__plugins__1__graph__negativeSeconds: '1', POSTERN__plugins__1__verifier: 'passport-azure-ad' });
    member = bearer(await stack.issuer.sign('orders-service', 'api://postern-v1', NO_GROUPS));
    stranger = bearer(await stack.issuer.sign('outsider', 'api://postern-v1', NO_GROUPS));
  });
  afterAll(async () => {
    await stack.issuer.fault('all', 'none');
    await proxy?.stop();
  });

  it('is not reached by a forged token', async () => {
    const [header, payload] = stranger.split('.');
    expect((await answered(proxy, '/topics/gate.open', `${header}.${payload}.${Buffer.from('forged').toString('base64url')}`)).status).toBe(401);
  });

  it('is 503 while Graph is away, and only where the rule could matter', async () => {
    await stack.issuer.fault('graph', 'unavailable');
    const write = await answered(proxy, '/topics/gate.open', stranger, RECORDS);
    expect([write.status, write.retryAfter]).toEqual([503, '5']);
    expect((await answered(proxy, '/topics/gate.open', stranger)).status).toBe(200);
  });

  it('is 403 for a member and nothing for a stranger once Graph has said so', async () => {
    await stack.issuer.fault('graph', 'none');
    await expect.poll(async () => (await answered(proxy, '/topics/gate.open', member, RECORDS)).status, { timeout: 5_000 }).toBe(403);
    expect((await answered(proxy, '/topics/gate.open', stranger, RECORDS)).status).toBe(200);
    expect((await answered(proxy, '/topics/gate.open', member)).status).toBe(200);
  });

  it('is 503 for the stranger when Graph goes away again: an old "no" lets nobody past a deny', async () => {
    await stack.issuer.fault('graph', 'html');
    await expect.poll(async () => (await answered(proxy, '/topics/gate.open', stranger, RECORDS)).status, { timeout: 5_000 }).toBe(503);
    expect((await answered(proxy, '/topics/gate.open', member, RECORDS)).status).toBe(403);
  });
});

describe('a gate that cannot stand stops the start and is named with its path', () => {
  const rule = { effect: 'allow', who: { everyone: true } };
  it.each([
    ['an operation that is none', { ...rule, operations: ['api.v2.nope'] }, /gate\.rules\.0\.operations\.0: names no operation/],
    ['a group by its display name', { ...rule, who: { authority: 'corp', groups: ['Kafka Users'] } }, /gate\.rules\.0\.who\.groups\.0: is neither a full DN nor a GUID/],
    ['an authority that is not configured', { ...rule, who: { authority: 'elsewhere', roles: ['r'] } }, /gate\.rules\.0\.who\.authority: there is no authority 'elsewhere'/],
    ['a key that is none', { ...rule, topic: ['x'] }, /gate\.rules\.0\.topic: unknown key/],
  ])('%s', (_sentence, bad, expected) => {
    const { status, stderr } = startOnce(stack, { POSTERN__gate: JSON.stringify({ rules: [bad] }) });
    expect(stderr).toMatch(expected);
    expect(status).toBe(1);
  });
});
