import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTopic, endOffsets } from '../setup/read-topic.ts';
import { stack as theStack, type Stack } from '../setup/stack.ts';
import { basic, bearer, V2, V2_BINARY, V2_JSON } from './https.client.ts';
import { runProxy, type RunningProxy } from './running-proxy.ts';

const ALICE = basic('alice', 'alice-secret');
const BOB = basic('bob', 'bob-secret');
let stack: Stack;
let proxy: RunningProxy;
let service: { v1: string; v2: string };

beforeAll(async () => {
  stack = theStack();
  const { objectId } = stack.issuer.client('orders-service');
  await stack.kafka.createTopics({ name: 'api.orders', partitions: 3 }, { name: 'api.service', partitions: 1 }, { name: 'api.secret', partitions: 1 }, { name: 'api.read-only', partitions: 1 });
  await stack.kafka.addAcls(
    { principal: 'alice', resource: 'topic', name: 'api.orders', operations: ['write', 'describe', 'describe-configs'] },
    { principal: 'bob', resource: 'topic', name: 'api.orders', operations: ['read', 'describe'] },
    { principal: objectId, resource: 'topic', name: 'api.service', operations: ['write', 'describe'] },
    { principal: 'alice', resource: 'topic', name: 'api.read-only', operations: ['read'] },
  );
  proxy = await runProxy(stack);
  service = { v1: bearer(await stack.issuer.fetchToken('orders-service', 'api://postern-v1')), v2: bearer(await stack.issuer.fetchToken('orders-service', 'api://postern')) };
});
afterAll(() => proxy?.stop());

const produce = (topic: string, authorization: string, body: string, contentType = V2_JSON) => proxy.call(`/topics/${topic}`, { authorization, contentType, body });

describe('a caller produces as itself, and Kafka\'s ACLs decide', () => {
  it('a directory password: what landed is what was written, to the byte', async () => {
    const value = '{"b":1.0,"a":9007199254740993,"t":"é\\u00e9","__proto__":[1e999]}';
    const answer = await produce('api.orders', ALICE, `{"records":[{"key":"k","value": ${value} ,"partition":1},{"value":null,"partition":1},{"key":null,"value":"","partition":1}]}`);
    expect([answer.status, answer.headers['content-type']]).toEqual([200, V2]);
    expect(JSON.parse(answer.body)).toEqual({
      offsets: [0, 1, 2].map((offset) => ({ partition: 1, offset, error_code: null, error: null })),
      key_schema_id: null,
      value_schema_id: null,
    });
    const landed = await readTopic(stack.kafka, 'api.orders');
    expect(landed.map(({ partition, key, value: bytes }) => [partition, key?.toString() ?? null, bytes?.toString() ?? null])).toEqual([
      [1, '"k"', value],
      [1, null, null],
      [1, null, '""'],
    ]);
  });

  it('an Entra token of either version: minted for v1, the caller\'s own token for v2', async () => {
    for (const token of [service.v1, service.v2]) {
      const answer = await produce('api.service', token, '{"records":[{"value":"aGk="}]}', V2_BINARY);
      expect([answer.status, answer.body]).toEqual([200, expect.stringContaining('"error_code":null')]);
    }
    expect((await readTopic(stack.kafka, 'api.service')).map((record) => record.value?.toString())).toEqual(['hi', 'hi']);
    const minted = proxy.audits().filter((record) => record['operation'] === 'mint' && record['phase'] === 'minted');
    expect(minted.map((record) => record['kafkaName'])).toContain(stack.issuer.client('orders-service').objectId);
  });

  it('a refusal of the ACLs is 403 with its entries, and nothing lands', async () => {
    for (const [topic, who] of [['api.orders', BOB], ['api.orders', service.v1], ['api.orders', service.v2], ['api.secret', ALICE], ['api.read-only', ALICE]] as const) {
      const before = [...(await endOffsets(stack.kafka, topic)).values()];
      const answer = await produce(topic, who, '{"records":[{"value":1},{"value":2}]}');
      expect([answer.status, JSON.parse(answer.body)]).toEqual([403, { offsets: [1, 2].map(() => ({ partition: null, offset: null, error_code: 40301, error: 'Not authorized to access this topic.' })), key_schema_id: null, value_schema_id: null }]);
      expect([...(await endOffsets(stack.kafka, topic)).values()]).toEqual(before);
    }
  }, 60_000);

  it('a topic that is not there looks like a forbidden one to whoever may not describe it', async () => {
    expect((await produce('api.no-such-topic', ALICE, '{"records":[{"value":1}]}')).status).toBe(403);
  });

  it('a topic that is not there is 404/40401 at once for whoever may', async () => {
    await stack.kafka.addAcls({ principal: 'alice', resource: 'topic', name: 'api.gone', operations: ['write', 'describe'] });
    const answer = await produce('api.gone', ALICE, '{"records":[{"value":1}]}');
    expect([answer.status, JSON.parse(answer.body).error_code]).toEqual([404, 40401]);
    expect(answer.ms).toBeLessThan(5_000);
  });

  it('a partition that is not there: 404/40402 in the path, an entry 40402 in a record, never moved', async () => {
    const path = await proxy.call('/topics/api.orders/partitions/99', { authorization: ALICE, contentType: V2_JSON, body: '{"records":[{"value":1}]}' });
    expect([path.status, JSON.parse(path.body)]).toEqual([404, { error_code: 40402, message: 'Partition not found.' }]);
    const record = await produce('api.orders', ALICE, '{"records":[{"value":"kept","partition":0},{"value":"lost?","partition":99}]}');
    expect([record.status, JSON.parse(record.body).offsets.map((entry: { error_code: number | null }) => entry.error_code)]).toEqual([200, [null, 40402]]);
    const values = (await readTopic(stack.kafka, 'api.orders')).map((each) => each.value?.toString());
    expect(values).toContain('"kept"');
    expect(values).not.toContain('"lost?"');
  });

  it('to one partition by path', async () => {
    const answer = await proxy.call('/topics/api.orders/partitions/2', { authorization: ALICE, contentType: V2_JSON, body: '{"records":[{"value":1},{"value":2}]}' });
    expect(JSON.parse(answer.body).offsets.map((entry: { partition: number }) => entry.partition)).toEqual([2, 2]);
  });

  it('a record that the topic does not take fails alone, with 413 in its entry', async () => {
    const body = JSON.stringify({ records: [{ value: 'x'.repeat(2_000_000), partition: 0 }, { value: 'small', partition: 1 }] });
    const answer = await produce('api.orders', ALICE, body);
    expect([answer.status, JSON.parse(answer.body).offsets.map((entry: { error_code: number | null }) => entry.error_code)]).toEqual([200, [413, null]]);
  });

  it('10,000 records in one request all land, in order', async () => {
    const records = Array.from({ length: 10_000 }, (_, n) => ({ value: n, partition: 0 }));
    const answer = await produce('api.service', service.v1, JSON.stringify({ records }));
    expect(answer.status).toBe(200);
    const { offsets } = JSON.parse(answer.body) as { offsets: { offset: number; error_code: number | null }[] };
    expect(offsets.every((entry, n) => entry.error_code === null && entry.offset === (offsets[0]?.offset ?? 0) + n)).toBe(true);
    const tooMany = await produce('api.service', service.v1, JSON.stringify({ records: [...records, { value: 1 }] }));
    expect(tooMany.status).toBe(413);
  });

  it('keyed records land where the Java client puts them', async () => {
    // murmur2 of the bytes "\"key-n\"", as Java's Utils.murmur2 has it, over three partitions.
    const keys = Array.from({ length: 30 }, (_, n) => `key-${n}`);
    const answer = await produce('api.orders', ALICE, JSON.stringify({ records: keys.map((key) => ({ key, value: 1 })) }));
    const ours = new Map(keys.map((key, n) => [key, JSON.parse(answer.body).offsets[n].partition as number]));
    const producer = await stack.kafka.tool('console-producer', ['--topic', 'api.orders', '--reader-property', 'parse.key=true', '--reader-property', 'key.separator=\t'], { stdin: keys.map((key) => `"${key}"\tjava`).join('\n') + '\n' });
    expect(producer.exitCode, producer.stderr).toBe(0);
    const theirs = new Map((await readTopic(stack.kafka, 'api.orders')).filter((record) => record.value?.toString() === 'java').map((record) => [JSON.parse(record.key?.toString() ?? '') as string, record.partition]));
    expect(theirs.size).toBe(30);
    expect(ours).toEqual(theirs);
  }, 60_000);
});

describe('what a caller may see', () => {
  it('GET /topics lists what Kafka lets it describe and nothing else', async () => {
    const names = JSON.parse((await proxy.call('/topics', { authorization: BOB })).body) as string[];
    expect(names).toContain('api.orders');
    expect(names).not.toContain('api.secret');
    expect(names).not.toContain('api.service');
    expect(names.filter((name) => name.startsWith('__'))).toEqual([]);
  });

  it('GET /topics/{t} and its partitions in the shapes of REST v2', async () => {
    const topic = JSON.parse((await proxy.call('/topics/api.orders', { authorization: ALICE })).body);
    expect(topic).toMatchObject({ name: 'api.orders', configs: { 'cleanup.policy': 'delete' }, partitions: [0, 1, 2].map((partition) => ({ partition, leader: 1, replicas: [{ broker: 1, leader: true, in_sync: true }] })) });
    expect(JSON.parse((await proxy.call('/topics/api.orders/partitions', { authorization: BOB })).body)).toEqual(topic.partitions);
  });

  it('a topic that is forbidden is 403; its settings too where they are', async () => {
    for (const [path, who] of [['/topics/api.secret', ALICE], ['/topics/api.secret/partitions', ALICE], ['/topics/api.orders', BOB]] as const) {
      const answer = await proxy.call(path, { authorization: who });
      expect([answer.status, JSON.parse(answer.body).error_code]).toEqual([403, 40301]);
    }
  });

  it('a new topic can be used at once', async () => {
    await stack.kafka.addAcls({ principal: 'alice', resource: 'topic', name: 'api.new', pattern: 'prefixed', operations: ['write', 'describe'] });
    expect((await proxy.call('/topics/api.new-1/partitions', { authorization: ALICE })).status).toBe(404);
    await stack.kafka.createTopics({ name: 'api.new-1', partitions: 2 });
    await expect.poll(async () => (await produce('api.new-1', ALICE, '{"records":[{"value":1}]}')).status, { timeout: 3_000 }).toBe(200);
  });
});

describe('who does not come in', () => {
  it.each([
    ['a wrong password', () => basic('alice', 'wrong'), 401, 40101],
    ['an unknown person', () => basic('nobody', 'x'), 401, 40101],
    ['an empty password', () => basic('alice', ''), 401, 40101],
    ['a person whom the authority does not admit', () => basic('carol', 'carol-secret'), 403, 40301],
    ['a password with colons and UTF-8 that is wrong behind the colon', () => basic('dave', 'p:a'), 401, 40101],
  ])('%s', async (_, authorization, status, code) => {
    const answer = await proxy.call('/topics', { authorization: authorization() });
    expect([answer.status, JSON.parse(answer.body).error_code]).toEqual([status, code]);
    expect(answer.headers['www-authenticate'] === undefined).toBe(status !== 401);
  });

  it('a password with colons, spaces and UTF-8 comes in', async () => {
    expect((await proxy.call('/topics', { authorization: basic('dave', 'p:a:ss wörd') })).status).toBe(200);
  });

  it('a service principal with other groups is 403, in either version', async () => {
    for (const api of ['api://postern', 'api://postern-v1'] as const) {
      const token = await stack.issuer.sign('outsider', api, { claims: { groups: ['5d1a5a51-0000-4000-8000-0000000000ff'] } });
      expect((await proxy.call('/topics', { authorization: bearer(token) })).status).toBe(403);
    }
  });

  it('a service principal without a groups claim is asked about: in none of the groups is 403', async () => {
    const answer = await proxy.call('/topics', { authorization: bearer(await stack.issuer.fetchToken('outsider')) });
    expect([answer.status, JSON.parse(answer.body).error_code]).toEqual([403, 40301]);
  });

  it('tokens that have ended, are for others, or are signed by others are 401, and Kafka is not asked', async () => {
    const connects = () => /postern_kafka_notices_total\{kind="connected"\} (\d+)/.exec(metrics)?.[1];
    let metrics = await (await fetch(`${proxy.proxy.managementUrl}/metrics`)).text();
    const before = connects();
    const good = (await stack.issuer.fetchToken('orders-service')).split('.');
    const tokens = [
      await stack.issuer.sign('orders-service', 'api://postern', { claims: { exp: Math.floor(Date.now() / 1000) - 1 } }),
      await stack.issuer.sign('orders-service', 'api://postern', { claims: { aud: 'https://graph.microsoft.com' } }),
      await stack.issuer.sign('orders-service', 'api://postern', { claims: { tid: '99999999-2222-4333-8444-555555555555' } }),
      `${good[0]}.${good[1]}.${Buffer.from('forged').toString('base64url')}`,
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${good[1]}.`,
    ];
    for (const token of tokens) expect((await proxy.call('/topics', { authorization: bearer(token) })).status).toBe(401);
    metrics = await (await fetch(`${proxy.proxy.managementUrl}/metrics`)).text();
    expect(connects()).toBe(before);
  });
});

describe('the second transport, kafkajs, by one setting', () => {
  it('gives the same answers: stored, forbidden, unknown partition', async () => {
    const other = await runProxy(stack, { environment: { POSTERN__clusters__0__transport: 'kafkajs' } });
    const post = (topic: string, who: string, body: string) => other.call(`/topics/${topic}`, { authorization: who, contentType: V2_JSON, body });
    try {
      const codes = async (...call: Parameters<typeof post>) => {
        const answer = await post(...call);
        return [answer.status, (JSON.parse(answer.body) as { offsets: { error_code: number | null }[] }).offsets.map((entry) => entry.error_code)];
      };
      expect(await codes('api.orders', ALICE, '{"records":[{"value":"by kafkajs"},{"value":1,"partition":99}]}')).toEqual([200, [null, 40402]]);
      expect(await codes('api.service', service.v2, '{"records":[{"value":1}]}')).toEqual([200, [null]]);
      expect(await codes('api.secret', ALICE, '{"records":[{"value":1}]}')).toEqual([403, [40301]]);
      expect((await readTopic(stack.kafka, 'api.orders')).map((record) => record.value?.toString())).toContain('"by kafkajs"');
    } finally {
      await other.stop();
    }
  }, 60_000);
});
