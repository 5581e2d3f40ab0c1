import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMITTED_GROUP } from '../../stack/src/index.ts';
import { stack as theStack, type Stack } from '../setup/stack.ts';
import { readTopic } from '../setup/read-topic.ts';
import { hdinsightCalls, hibToken, json } from './hdinsight.calls.ts';
import { basic, bearer, V2_BINARY } from './https.client.ts';
import { runProxy, type RunningProxy } from './running-proxy.ts';
import { startOnce } from './start-once.ts';

/* What settings change in the HDInsight API: the other answer to each open question, and one Kafka name for a group. */
let stack: Stack;
let proxy: RunningProxy;
let member = '';
const OPTIONS = { recordsAsArray: true, unavailableIs503: true, bareToken: true, openStatus: true, existingTopicIs409: true, nullValue: 'refused', notUtf8: 'base64', internalTopics: true, deleteTopics: true };

beforeAll(async () => {
  stack = theStack();
  const { objectId } = stack.issuer.client('orders-service');
  await stack.kafka.createTopics({ name: 'opt.bytes', partitions: 1 });
  await stack.kafka.addAcls(
    { principal: objectId, resource: 'topic', name: 'opt.', pattern: 'prefixed', operations: ['create', 'write', 'read', 'describe'] },
    { principal: objectId, resource: 'topic', name: '__consumer_offsets', operations: ['describe'] },
  );
  proxy = await runProxy(stack, { environment: { POSTERN__hdinsight: JSON.stringify(OPTIONS) } });
  member = await hibToken(stack);
});
afterAll(() => proxy?.stop());

const { call, put, post, read, topics } = hdinsightCalls(() => proxy.hdinsight, () => member);
const bare = () => member.slice('Bearer '.length);

describe('by setting,', () => {
  it('a token without Bearer is taken, on this API and nowhere else', async () => {
    expect((await proxy.hdinsight.call('/v1/metadata/topics', { authorization: bare() })).status).toBe(200);
    expect((await proxy.call('/topics', { authorization: bare() })).status).toBe(400);
    expect((await proxy.hdinsight.call('/topics', { authorization: bare() })).status).toBe(400);
    expect((await proxy.call('/v1/metadata/topics', { authorization: bare() })).status).toBe(400);
    expect((await proxy.hdinsight.call('/v1/metadata/topics', { authorization: `${bare().slice(0, -4)}AAAA` })).status).toBe(401);
    expect((await proxy.hdinsight.call('/v1/metadata/topics', { authorization: `${bare()} x` })).status).toBe(400);
  });

  it('and without it a bare token is 400, as everywhere', async () => {
    const strict = await runProxy(stack);
    expect((await strict.hdinsight.call('/v1/metadata/topics', { authorization: bare() })).status).toBe(400);
    expect(strict.log()).not.toContain(bare().split('.')[2]);
    await strict.stop();
  });

  it('2 GET /v1/status without token is 200; a wrong one stays 401, every other path too, and so does the other listener', async () => {
    const statusOf = async (path: string, authorization?: string) => (await proxy.hdinsight.call(path, authorization === undefined ? {} : { authorization })).status;
    expect([await statusOf('/v1/status'), await statusOf('/v1/status', 'Bearer a.b.c'), await statusOf('/v1/status', member)]).toEqual([200, 401, 200]);
    expect([await statusOf('/v1/metadata/topics'), await statusOf('/v1/statu'), await statusOf('/v1/status/')]).toEqual([401, 401, 401]);
    expect((await proxy.call('/v1/status')).status).toBe(401);
    expect((await proxy.hdinsight.call('/v1/status', { method: 'POST' })).status).toBe(401);
  });

  it('13 an existing topic is 409', async () => {
    expect((await put('opt.t')).status).toBe(200);
    const again = await put('opt.t');
    expect([again.status, json(again.body)['error_code']]).toEqual([409, 40002]);
  });

  it('40 DELETE of a topic takes it away, with the caller\'s own right, and is still refused by the gate and on the other listener', async () => {
    expect((await put('opt.gone')).status).toBe(200);
    const refused = await call('/topics/opt.gone', { method: 'DELETE' });
    expect([refused.status, json(refused.body)['error_code']]).toEqual([403, 40301]);
    await stack.kafka.addAcls({ principal: stack.issuer.client('orders-service').objectId, resource: 'topic', name: 'opt.gone', operations: ['delete'] });
    const own = bearer(await stack.issuer.fetchToken('orders-service'));
    expect([(await proxy.call('/v1/topics/opt.gone', { method: 'DELETE', authorization: own })).status, (await proxy.hdinsight.call('/v1/topics/opt.gone', { method: 'DELETE' })).status]).toEqual([404, 401]);
    const gone = await call('/topics/opt.gone', { method: 'DELETE' });
    expect([gone.status, JSON.parse(gone.body)]).toEqual([200, 'Topic opt.gone deleted.']);
    expect(await topics()).not.toContain('opt.gone');
    expect((await call('/topics/opt.gone', { method: 'DELETE' })).status).toBe(404);
    const denied = await runProxy(stack, { environment: { POSTERN__hdinsight: '{deleteTopics: true}', POSTERN__gate: JSON.stringify({ rules: [{ effect: 'allow', who: { everyone: true } }, { effect: 'deny', operations: ['api.hdinsight.topics.delete'], who: { everyone: true } }] }) } });
    expect((await denied.hdinsight.call('/v1/topics/opt.t', { method: 'DELETE', authorization: member })).status).toBe(403);
    await denied.stop();
    expect(await topics()).toContain('opt.t');
  }, 60_000);

  it('27 a null value is 400 and nothing is written', async () => {
    expect((await post('opt.bytes', '{"records":[{"value":1},{"key":"k","value":null}]}')).status).toBe(400);
    expect(await readTopic(stack.kafka, 'opt.bytes')).toEqual([]);
  });

  it('32 reading gives the bare array, and bytes that are no UTF-8 in base64', async () => {
    const own = bearer(await stack.issuer.fetchToken('orders-service'));
    expect((await proxy.call('/topics/opt.bytes', { authorization: own, contentType: V2_BINARY, body: '{"records":[{"value":"//5B"}]}' })).status).toBe(200);
    const answer = await read('opt.bytes', 0);
    const list = JSON.parse(answer.body) as { value: string }[];
    expect([answer.status, answer.headers['nextoffset'], list.map(({ value }) => value)]).toEqual([200, '1', ['//5B']]);
  });

  it('9 internal topics are listed', async () => {
    expect(await topics()).toContain('opt.bytes');
    await stack.kafka.tool('console-consumer', ['--topic', 'opt.bytes', '--group', 'opt-group', '--from-beginning', '--max-messages', '1', '--timeout-ms', '15000']);
    expect(await topics()).toContain('__consumer_offsets');
  }, 60_000);
});

describe('kafkaNames.owns: group', () => {
  const NAME = 'demo-tenant/hdinsight';
  const GROUP = {
    POSTERN__authorities__1: JSON.stringify({ id: 'demo-tenant', admits: ADMITTED_GROUP, kafkaNames: { owns: 'group', name: NAME } }),
    POSTERN__clusters__0__credentials__2__source: 'minted',
    POSTERN__clusters__0__credentials__2__listener: 'minted',
  };
  let shared: RunningProxy;
  beforeAll(async () => {
    await stack.kafka.createTopics({ name: 'shared.granted', partitions: 1 }, { name: 'shared.refused', partitions: 1 });
    // The members themselves have no right on these topics.
    await stack.kafka.addAcls({ principal: NAME, resource: 'topic', name: 'shared.granted', operations: ['write', 'read', 'describe'] });
    shared = await runProxy(stack, { environment: GROUP });
  });
  afterAll(() => shared?.stop());

  it('all whom the group rule admits write under the one name, whose ACL decides; audit keeps each caller', async () => {
    for (const name of ['orders-service', 'platform-admin'] as const) {
      const caller = hdinsightCalls(() => shared.hdinsight, () => token);
      const token = await hibToken(stack, name);
      expect((await caller.post('shared.granted', `{"records":[{"value":"by ${name}","partition":0}]}`)).status).toBe(200);
      expect((await caller.post('shared.refused', '{"records":[{"value":"x"}]}')).status).toBe(403);
      const { objectId } = stack.issuer.client(name);
      const audits = () => shared.audits().filter((record) => record['principal'] === objectId && record['operation'] === 'api.hdinsight.produce');
      await expect.poll(() => audits().map((record) => [record['kafkaName'], record['status']])).toEqual([[NAME, 200], [NAME, 403]]);
      expect(audits()[1]?.['grant']).toBe(`kafka-acls.sh --bootstrap-server <broker> --command-config <admin.properties> --add --allow-principal 'User:${NAME}' --operation Write --topic 'shared.refused'`);
    }
    expect((await readTopic(stack.kafka, 'shared.granted')).map(({ value }) => value?.toString())).toEqual(['by orders-service', 'by platform-admin']);
    expect(await readTopic(stack.kafka, 'shared.refused')).toEqual([]);
  }, 60_000);

  it('two members have two sessions all the same: keyed by principal (I10)', async () => {
    const metrics = await (await fetch(`${shared.proxy.managementUrl}/metrics`)).text();
    expect(/^postern_sessions (\d+)$/m.exec(metrics)?.[1]).toBe('2');
  });

  it('whoever is not in the group is 403, and a directory user keeps an own name beside it', async () => {
    expect((await shared.hdinsight.call('/v1/metadata/topics', { authorization: await hibToken(stack, 'outsider') })).status).toBe(403);
    expect((await shared.hdinsight.call('/v1/metadata/topics', { authorization: basic('alice', 'alice-secret') })).status).toBe(200);
    await expect.poll(() => shared.audits().some((record) => record['principal'] === 'alice' && record['kafkaName'] === 'alice')).toBe(true);
  });

  const authority = (over: object) => JSON.stringify({ id: 'demo-tenant', admits: ADMITTED_GROUP, kafkaNames: { owns: 'group', name: NAME }, ...over });
  it.each([
    ['without a group rule', { ...GROUP, POSTERN__authorities__1: authority({ admits: { anyoneInThisTenant: true } }) }, /needs admits\.groups/],
    ['a protected name', { ...GROUP, POSTERN__authorities__1: authority({ kafkaNames: { owns: 'group', name: 'admin' } }) }, /corp.*demo-tenant|'admin' is protected/],
    ['a name that another authority owns', { ...GROUP, POSTERN__authorities__1: authority({ kafkaNames: { owns: 'group', name: 'hdinsight' } }) }, /'corp' and 'demo-tenant' could give the same Kafka name/],
    ["callers whose own token Kafka is shown", { POSTERN__authorities__1: authority({}) }, /must be minted \(I9\)/],
    ["HDInsight's audience without a rule on whom to admit", { POSTERN__authorities__1: authority({ admits: { anyoneInThisTenant: true }, kafkaNames: { owns: 'guid' } }) }, /admits anyone in the tenant: name a group \(I20\)/],
    ["HDInsight's audience on a listener that is shown tokens", { POSTERN__clusters__0__credentials__2__hdinsight: 'caller-token' }, /listener 'caller-token' does not trust the token service/],
  ])('%s stops the start', (_, environment, expected) => {
    const { status, stderr } = startOnce(stack, environment as Record<string, string>);
    expect(stderr).toMatch(expected);
    expect(status).toBe(1);
  });
});
