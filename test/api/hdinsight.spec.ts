import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeTransactions } from '../kafka/transactions.ts';
import { cutLog } from '../setup/cut-log.ts';
import { endOffsets, readTopic } from '../setup/read-topic.ts';
import { stack as theStack, type Stack } from '../setup/stack.ts';
import { hdinsightCalls, hibToken, json } from './hdinsight.calls.ts';
import { bearer } from './https.client.ts';
import { runProxy, type RunningProxy } from './running-proxy.ts';

/* The conformance cases of the HDInsight Kafka REST API v1, by their numbers, on a real broker with a real token. */
const RECORDS = '{"records":[{"key":"key1","value":"**********"},{"partition":0,"value":5},{"value":3.14},{"value":{"id":1,"name":"caf\\u00e9"}},{"value":[{"id":1},{"id":2}]},{"value":{"a b":{"c d":[1,null,true]}}}]}';
const STORED = ['**********', '5', '3.14', '{"id":1,"name":"café"}', '[{"id":1},{"id":2}]', '{"a b":{"c d":[1,null,true]}}'];
let stack: Stack;
let proxy: RunningProxy;
let member: string;

beforeAll(async () => {
  stack = theStack();
  const { objectId } = stack.issuer.client('orders-service');
  await stack.kafka.addAcls({ principal: objectId, resource: 'topic', name: 'hd.', pattern: 'prefixed', operations: ['create', 'write', 'read', 'describe', 'describe-configs'] });
  await stack.kafka.createTopics({ name: 'hd.cut', partitions: 1 }, { name: 'hd.keyed', partitions: 8 }, { name: 'hd.big', partitions: 1, configs: { 'max.message.bytes': '8000000' } });
  proxy = await runProxy(stack);
  member = await hibToken(stack);
  expect((await post('hd.cut', '{"records":[{"value":1},{"value":2},{"value":3}]}')).status).toBe(200);
  await cutLog(stack.kafka, 'hd.cut', 0, 2);
});
afterAll(() => proxy?.stop());

const { call, put, post, read, topics, refused } = hdinsightCalls(() => proxy.hdinsight, () => member);

it('1 GET /v1/status is 200 with a JSON string', async () => {
  const answer = await call('/status');
  expect([answer.status, typeof JSON.parse(answer.body)]).toEqual([200, 'string']);
});

describe('HDInsight: topics', () => {
  it('10, 12 creates with properties of any JSON type, within 10 s', async () => {
    const answer = await put('hd.t1', '{"partition_count":1,"replication_factor":1,"topic_properties":{"retention.ms":604800000,"min.insync.replicas":"1","preallocate":true,"min.cleanable.dirty.ratio":0.5}}');
    expect([answer.status, typeof JSON.parse(answer.body)]).toEqual([200, 'string']);
    expect(answer.ms).toBeLessThan(10_000);
    const configs = json((await proxy.call('/topics/hd.t1', { authorization: bearer(await stack.issuer.fetchToken('orders-service')) })).body)['configs'];
    expect(configs).toMatchObject({ 'retention.ms': '604800000', 'min.insync.replicas': '1', preallocate: 'true', 'min.cleanable.dirty.ratio': '0.5' });
  });

  it('9, 17 lists it at once, unique strings; 18 and what Kafka\'s own tool made', async () => {
    const names = await topics();
    expect(names).toEqual(expect.arrayContaining(['hd.t1', 'hd.keyed']));
    expect(new Set(names).size).toBe(names.length);
    await stack.kafka.createTopics({ name: 'hd.elsewhere', partitions: 1 });
    await expect.poll(async () => await topics(), { timeout: 10_000 }).toContain('hd.elsewhere');
  });

  it('11 creates without a body, by the broker\'s defaults', async () => {
    expect((await put('hd.t2')).status).toBe(200);
  });

  it('13 an existing topic is 400 and stays as it is', async () => {
    const answer = await put('hd.t1', '{"partition_count":5}');
    expect([answer.status, json(answer.body)]).toEqual([400, { error_code: 40002, message: "Topic 'hd.t1' already exists." }]);
    expect((json((await call('/metadata/topics/hd.t1/partitions')).body)['partitions'] as unknown[]).length).toBe(1);
  });

  it.each([
    ['14 a name with a blank', 'a%20b', undefined],
    ['14 a name of 250 characters', 'x'.repeat(250), undefined],
    ['15 no partitions', 'hd.bad', '{"partition_count":0}'],
    ['15 fewer than none', 'hd.bad', '{"partition_count":-1}'],
    ['15 text for a number', 'hd.bad', '{"partition_count":"x"}'],
    ['15 more replicas than brokers', 'hd.bad', '{"replication_factor":3}'],
    ['15 an unknown property', 'hd.bad', '{"topic_properties":{"no.such":"1"}}'],
    ['15 a property that is an object', 'hd.bad', '{"topic_properties":{"retention.ms":{}}}'],
    ['15 an unknown field', 'hd.bad', '{"partitions":1}'],
    ['16 malformed JSON', 'hd.bad', '{'],
  ])('%s is 400 and makes nothing', async (_, topic, body) => {
    const answer = await put(topic, body);
    expect([answer.status, answer.headers['content-type'], typeof json(answer.body)['message']]).toEqual([400, 'application/json', 'string']);
    expect(await topics()).not.toContain('hd.bad');
  });

  it('19, 20, 23 partitions with their bounds, numbers and brokers', async () => {
    const list = json((await call('/metadata/topics/hd.t1/partitions')).body);
    const broker = { hostName: expect.any(String) as string, port: expect.any(Number) as number, id: 1 };
    expect(list).toEqual({ topic: 'hd.t1', partitions: [{ partition_id: 0, earliest_offset: 0, latest_offset: 0, leader: broker, replicas: [broker], isr: [broker] }] });
    expect(json((await call('/metadata/topics/hd.t1/partitions/0')).body)).toEqual((list['partitions'] as unknown[])[0]);
    expect(json((await call('/metadata/brokers')).body)).toEqual({ brokers: [broker] });
  });

  it.each([
    ['21 an unknown topic', '/metadata/topics/hd.none/partitions', 404],
    ['21 an unknown partition', '/metadata/topics/hd.t1/partitions/99', 404],
    ['22 a partition that is no number', '/metadata/topics/hd.t1/partitions/abc', 400],
    ['41 a topic without /partitions', '/metadata/topics/hd.t1', 404],
    ['41 another version', '/../v2/metadata/topics', 404],
    ['41 a path that nobody has', '/../nope', 404],
  ])('%s', async (_, path, status) => {
    expect((await call(path)).status).toBe(status);
  });

  it('21, 26 nothing that was asked for and is not there was made by asking', async () => {
    expect((await call('/producer/topics/hd.none', { method: 'POST', body: '{"records":[{"value":1}]}' })).status).toBe(404);
    expect((await stack.kafka.tool('topics', ['--list'])).stdout).not.toContain('hd.none');
  });

  it.each([
    ['40 DELETE of a topic', 'DELETE', '/topics/hd.t1'],
    ['40 POST of the list', 'POST', '/metadata/topics'],
    ['40 GET of the producer', 'GET', '/producer/topics/hd.t1'],
  ])('%s is 405', async (_, method, path) => {
    expect((await call(path, { method })).status).toBe(405);
  });
});

describe('HDInsight: records', () => {
  it('24, 25 the sample\'s six records: what lands is text without added quotes, in order', async () => {
    const answer = await post('hd.t1', RECORDS);
    expect([answer.status, typeof JSON.parse(answer.body)]).toEqual([200, 'string']);
    const landed = await readTopic(stack.kafka, 'hd.t1');
    expect(landed.map(({ key, value }) => [key?.toString() ?? null, value?.toString()])).toEqual(STORED.map((value, n) => [n === 0 ? 'key1' : null, value]));
  });

  it('31 one record without count; 32 the fields; 33 following NextOffset ends', async () => {
    const one = await read('hd.t1', 0);
    expect([(json(one.body)['records'] as unknown[]).length, one.headers['nextoffset']]).toEqual([1, '1']);
    expect((json(one.body)['records'] as unknown[])[0]).toEqual({ key: 'key1', value: '**********', partition: 0, offset: 0, timestamp: expect.any(Number) as number, timestampType: 'CreateTime' });
    const seen: string[] = [];
    const offsets: string[] = [];
    for (let offset = '0'; ; ) {
      const answer = await read('hd.t1', offset, '?count=2');
      expect(answer.status).toBe(200);
      expect(answer.ms).toBeLessThan(10_000);
      const records = json(answer.body)['records'] as { value: string }[];
      seen.push(...records.map(({ value }) => value));
      offset = String(answer.headers['nextoffset']);
      offsets.push(offset);
      if (records.length === 0) break;
    }
    expect([seen, offsets]).toEqual([STORED, ['2', '4', '6', '6']]);
  });

  it('30 digits come back as they were written, and null is a tombstone', async () => {
    await put('hd.digits', '{"partition_count":1}');
    await post('hd.digits', '{"records":[{"value":9007199254740993},{"value":0.12345678901234567},{"key":"gone","value":null}]}');
    expect((json((await read('hd.digits', 0, '?count=9')).body)['records'] as { value: string | null }[]).map(({ value }) => value)).toEqual(['9007199254740993', '0.12345678901234567', null]);
  });

  it.each([
    ['26 to an unknown topic', 'hd.none', '{"records":[{"value":1}]}', 404],
    ['27 without a value', 'hd.t1', '{"records":[{"key":"k"}]}', 400],
    ['27 without records', 'hd.t1', '{}', 400],
    ['27 with records that are no list', 'hd.t1', '{"records":{}}', 400],
    ['27 with no records', 'hd.t1', '{"records":[]}', 400],
    ['27 without a body', 'hd.t1', '', 400],
    ['28 to a partition that is not there', 'hd.t1', '{"records":[{"value":"kept?"},{"value":1,"partition":99}]}', 404],
    ['28 to partition -1', 'hd.t1', '{"records":[{"value":"kept?"},{"value":1,"partition":-1}]}', 400],
  ])('%s nothing is written', async (_, topic, body, status) => {
    const answer = await call(`/producer/topics/${topic}`, { method: 'POST', body });
    expect([answer.status, typeof json(answer.body)['message']]).toEqual([status, 'string']);
    expect((await endOffsets(stack.kafka, 'hd.t1')).get(0)).toBe(6n);
  });

  it('29 keyed records land where the Java client puts them', async () => {
    const keys = Array.from({ length: 40 }, (_, n) => `k${n}`);
    await post('hd.keyed', JSON.stringify({ records: keys.map((key) => ({ key, value: 'ours' })) }));
    const run = await stack.kafka.tool('console-producer', ['--topic', 'hd.keyed', '--reader-property', 'parse.key=true', '--reader-property', 'key.separator=\t'], { stdin: keys.map((key) => `${key}\tjava`).join('\n') + '\n' });
    expect(run.exitCode, run.stderr).toBe(0);
    const placed = (value: string, records: Awaited<ReturnType<typeof readTopic>>) => new Map(records.filter((record) => record.value?.toString() === value).map((record) => [record.key?.toString(), record.partition]));
    const records = await readTopic(stack.kafka, 'hd.keyed');
    expect(placed('ours', records)).toEqual(placed('java', records));
  }, 60_000);

  it.each([
    ['34 below the earliest', 'hd.cut', 1, '', 400],
    ['34 beyond the end', 'hd.t1', 7, '', 400],
    ['37 count 0', 'hd.t1', 0, '?count=0', 400],
    ['37 count -1', 'hd.t1', 0, '?count=-1', 400],
    ['37 count abc', 'hd.t1', 0, '?count=abc', 400],
    ['37 offset -1', 'hd.t1', '-1', '', 400],
    ['37 offset None', 'hd.t1', 'None', '', 400],
    ['an unknown topic', 'hd.none', 0, '', 404],
  ])('%s is refused with JSON, and no offset is moved', async (_, topic, offset, query, status) => {
    const answer = await read(topic, offset, query);
    expect([answer.status, answer.headers['nextoffset'], typeof json(answer.body)['message']]).toEqual([status, undefined, 'string']);
    expect(answer.ms).toBeLessThan(10_000);
  });

  it('38 a content type and no body on a read is 200', async () => {
    const answer = await call('/metadata/topics', { contentType: 'application/json' });
    expect([answer.status, (await read('hd.t1', 0)).status]).toEqual([200, 200]);
  });

  it('39 over a transactional log NextOffset passes the gaps and ends at latest_offset', async () => {
    await put('hd.gaps', '{"partition_count":1}');
    await writeTransactions(stack.kafka, 'hd.gaps');
    const seen: string[] = [];
    let offset = '0';
    for (let n = 0; n < 40; n++) {
      const answer = await read('hd.gaps', offset, '?count=4');
      const records = json(answer.body)['records'] as { value: string }[];
      seen.push(...records.map(({ value }) => value));
      if (answer.headers['nextoffset'] === offset) break;
      offset = String(answer.headers['nextoffset']);
    }
    expect(seen).toEqual(['plain', ...Array.from({ length: 10 }, (_, n) => `committed ${n}`), 'last']);
    expect(offset).toBe(String(json((await call('/metadata/topics/hd.gaps/partitions/0')).body)['latest_offset']));
  }, 60_000);

  it('35 at most 6 MB in one answer, every record once; 36 a larger one alone', async () => {
    const value = 'x'.repeat(100_000);
    for (let n = 0; n < 2; n++) expect((await post('hd.big', JSON.stringify({ records: Array.from({ length: 70 }, () => ({ value })) }))).status).toBe(200);
    expect((await post('hd.big', JSON.stringify({ records: [{ value: 'y'.repeat(7_000_000) }] }))).status).toBe(200);
    const sizes: number[] = [];
    let count = 0;
    for (let offset = '0'; ; ) {
      const answer = await read('hd.big', offset, '?count=1000');
      const records = json(answer.body)['records'] as { value: string; offset: number }[];
      if (records.length === 0) break;
      expect(records[0]?.offset).toBe(Number(offset));
      sizes.push(records.reduce((sum, record) => sum + record.value.length, 0));
      count += records.length;
      offset = String(answer.headers['nextoffset']);
    }
    expect(count).toBe(141);
    expect(sizes.at(-1)).toBe(7_000_000);
    expect(sizes.slice(0, -1).every((size) => size <= 6_000_000)).toBe(true);
  }, 60_000);
});

it('42 every answer above that was not 200 is a JSON object without a stack trace or the text of a token', () => {
  expect(refused.length).toBeGreaterThan(30);
  for (const { status, headers, body } of refused) {
    expect([headers['content-type'], Object.keys(json(body)), status]).toEqual(['application/json', ['error_code', 'message'], expect.toSatisfy((code: number) => [400, 403, 404, 405].includes(code))]);
    expect(body).not.toMatch(/\bat .*:\d+|eyJ|node_modules/);
  }
});
