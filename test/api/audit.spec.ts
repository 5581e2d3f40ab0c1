import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { stack as theStack, type Stack } from '../setup/stack.ts';
import { basic, V2_JSON } from './https.client.ts';
import { runProxy, type RunningProxy } from './running-proxy.ts';

/* I30: administration leaves an intent before it is done, and is not done without one. */
const ALICE = basic('alice', 'alice-secret');
let stack: Stack;
let proxy: RunningProxy;

beforeAll(async () => {
  stack = theStack();
  await stack.kafka.createTopics({ name: 'audited', partitions: 1 });
  await stack.kafka.addAcls(
    { principal: 'alice', resource: 'topic', name: 'audited', pattern: 'prefixed', operations: ['write', 'describe', 'create'] },
  );
});
afterEach(() => proxy?.stop());

const APIS = { POSTERN__listeners__0__apis: '[v2, hdinsight]' };
const create = (topic: string) => proxy.call(`/v1/topics/${topic}`, { method: 'PUT', authorization: ALICE, contentType: 'application/json', body: '{"partition_count":1,"replication_factor":1}' });
const produce = () => proxy.call('/topics/audited', { authorization: ALICE, contentType: V2_JSON, body: '{"records":[{"value":1}]}' });
const exists = async (topic: string) => (await stack.kafka.tool('topics', ['--list'])).stdout.split('\n').includes(topic);
/** A proxy whose standard output is a disk that is full from the first byte. */
const onFullDisk = async (environment: Readonly<Record<string, string>> = {}) => {
  const runDir = join(stack.runDir, `full-${randomUUID()}`);
  mkdirSync(runDir);
  symlinkSync('/dev/full', join(runDir, 'proxy.log'));
  proxy = await runProxy(stack, { runDir, environment: { ...APIS, ...environment } });
};
const metric = async (name: string) => Number(new RegExp(`^${name} (\\d+)`, 'm').exec(await (await fetch(`${proxy.proxy.managementUrl}/metrics`)).text())?.[1]);

describe('the audit trail', () => {
  it('has the intent of a creation before its outcome, and the name at Kafka, also when the log is set to errors', async () => {
    proxy = await runProxy(stack, { environment: { ...APIS, POSTERN__log__level: 'error' } });
    expect((await create('audited.one')).status).toBe(200);
    const records = () => proxy.audits().filter((record) => record['operation'] === 'api.hdinsight.topics.create');
    await expect.poll(() => records().length).toBe(2);
    expect(records()).toEqual([
      expect.objectContaining({ phase: 'intent', principal: 'alice', resource: 'audited.one' }),
      expect.objectContaining({ status: 200, kafkaName: 'alice', decision: 'allowed', requestId: records()[0]?.['requestId'] }),
    ]);
    expect(proxy.log()).not.toContain('"kind":"access"');
  });

  it('that cannot be written refuses administration and lets the rest go on, counted', async () => {
    await onFullDisk();
    expect([(await create('audited.two')).status, await exists('audited.two')]).toEqual([500, false]);
    expect((await produce()).status).toBe(200);
    expect(await metric('postern_log_failing')).toBe(1);
    expect(await metric('postern_alarms_total\\{kind="audit-sink"\\}')).toBe(1);
  });

  it('that cannot be written refuses everything where a setting says so', async () => {
    await onFullDisk({ POSTERN__audit__whenFailing: 'refuse' });
    const answer = await produce();
    expect([answer.status, Number(answer.headers['retry-after']) > 0]).toEqual([503, true]);
  });
});
