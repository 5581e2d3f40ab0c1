import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Kafka } from '../../stack/src/index.ts';
import { startOwnKafka } from '../setup/own-kafka.ts';
import { endOffsets } from '../setup/read-topic.ts';
import { stack as theStack } from '../setup/stack.ts';
import { basic, V2_JSON, type Answer } from './https.client.ts';
import { runProxy, type RunningProxy } from './running-proxy.ts';

/*
 * A quota of the cluster's own (KIP-13, KIP-219), set by Kafka's own tool: who has used it up gets 429 with the time that the broker
 * asked for, at once and with nothing written; nobody else feels it (attack case 110).
 */
const [ALICE, BOB] = [basic('alice', 'alice-secret'), basic('bob', 'bob-secret')];
const LARGE = JSON.stringify({ records: [{ value: 'x'.repeat(100_000) }] });
let kafka: Kafka;
let proxy: RunningProxy;

beforeAll(async () => {
  const stack = theStack();
  kafka = await startOwnKafka(stack);
  await kafka.createTopics({ name: 'quota', partitions: 1 });
  await kafka.addAcls(...['alice', 'bob'].map((principal) => ({ principal, resource: 'topic', name: 'quota', operations: ['write', 'read', 'describe'] }) as const));
  const set = await kafka.tool('configs', ['--alter', '--add-config', 'producer_byte_rate=20000,consumer_byte_rate=20000', '--entity-type', 'users', '--entity-name', 'alice']);
  expect(set.exitCode).toBe(0);
  proxy = await runProxy(stack, {
    bootstrap: { minted: kafka.bootstrap['minted'] ?? '', caller: kafka.bootstrap['caller'] ?? '' },
    environment: { POSTERN__clusters__0__producer: '{acks: all, idempotence: true, lingerMs: 1, compression: lz4}', POSTERN__listeners__0__apis: '[v2, hdinsight]' },
  });
}, 120_000);
afterAll(async () => {
  await proxy?.stop();
  await kafka?.stop();
});

const write = (authorization: string, body = LARGE): Promise<Answer> => proxy.call('/topics/quota', { authorization, contentType: V2_JSON, body });
const read = (authorization: string): Promise<Answer> => proxy.call('/v1/consumer/topics/quota/partitions/0/offsets/0?count=100', { authorization });
const until = async (status: number, call: () => Promise<Answer>): Promise<Answer> => {
  for (let i = 0; i < 60; i++) {
    const answer = await call();
    if (answer.status === status) return answer;
    expect(answer.status).toBe(200);
  }
  throw new Error(`${status} never came`);
};
const retryAfter = ({ headers }: Answer): number => Number(headers['retry-after']);

describe('a quota of the cluster that is used up', () => {
  it('is 429/42901 with the time that the broker asked for, soon and with nothing written', async () => {
    // Random text, so that compression does not hide it from the quota.
    const text = (): string => JSON.stringify({ records: [{ value: Array.from({ length: 10_000 }, () => Math.random().toString(36).slice(2, 12)).join('') }] });
    const refused = await until(429, () => write(ALICE, text()));
    expect(JSON.parse(refused.body)).toEqual({ error_code: 42901, message: 'A quota of the cluster is used up.' });
    expect(retryAfter(refused)).toBeGreaterThanOrEqual(1);
    expect(retryAfter(refused)).toBeLessThanOrEqual(60);
    const before = await endOffsets(kafka, 'quota');
    for (let i = 0; i < 5; i++) {
      const again = await write(ALICE, text());
      expect([again.status, again.ms < 1_000]).toEqual([429, true]);
    }
    expect(await endOffsets(kafka, 'quota')).toEqual(before);
  });

  it('holds up nobody else', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => write(BOB)));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect(Math.max(...answers.map(({ ms }) => ms))).toBeLessThan(2_000);
  });

  it('leaves the connections to be seen, by state and without a name', async () => {
    const metrics = await (await fetch(`${proxy.proxy.managementUrl}/metrics`)).text();
    expect(metrics).toMatch(/^postern_kafka_connections\{state="open"\} [1-9]/m);
    expect(metrics).toMatch(/^postern_session_connects [1-9]/m);
    for (const line of ['postern_kafka_connections{state="waiting"} 0', 'postern_kafka_connections_refused{limit="principal"} 0', 'postern_session_evictions{reason="full"} 0']) expect(metrics).toContain(line);
    expect(metrics).not.toMatch(/alice|bob/);
  });

  it('is told of reading too', async () => {
    const refused = await until(429, () => read(ALICE));
    expect(retryAfter(refused)).toBeGreaterThanOrEqual(1);
    expect((await read(BOB)).status).toBe(200);
  });

  it('ends when its time is up', async () => {
    const small = (): Promise<Answer> => write(ALICE, '{"records":[{"value":"small"}]}');
    const refused = await until(429, small);
    await new Promise<void>((resolve) => void setTimeout(resolve, retryAfter(refused) * 1_000));
    expect((await small()).status).toBe(200);
  }, 60_000);
});
