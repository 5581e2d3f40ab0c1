import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Kafka } from '../../stack/src/index.ts';
import { startOwnKafka } from '../setup/own-kafka.ts';
import { stack as theStack, type Stack } from '../setup/stack.ts';
import { hdinsightCalls, hibToken, json } from './hdinsight.calls.ts';
import { runProxy, type RunningProxy } from './running-proxy.ts';

/* Two replicas of the proxy before one broker of the spec's own, which then goes away. */
let stack: Stack;
let kafka: Kafka;
let replicas: readonly RunningProxy[] = [];
let member = '';

beforeAll(async () => {
  stack = theStack();
  kafka = await startOwnKafka(stack);
  await kafka.addAcls({ principal: stack.issuer.client('orders-service').objectId, resource: 'topic', operations: ['create', 'write', 'read', 'describe'] });
  const bootstrap = { minted: kafka.bootstrap['minted'] ?? '', caller: kafka.bootstrap['caller'] ?? '' };
  replicas = await Promise.all([runProxy(stack, { bootstrap }), runProxy(stack, { bootstrap })]);
  member = await hibToken(stack);
}, 120_000);
afterAll(async () => {
  await Promise.all(replicas.map((replica) => replica.stop()));
  await kafka?.stop();
});

const at = (n: number) => hdinsightCalls(() => (replicas[n] as RunningProxy).hdinsight, () => member);

describe('HDInsight: several replicas', () => {
  it('17 a topic made by one is in the list of every replica at the first call after, and ready to be used', async () => {
    for (let n = 0; n < 6; n++) {
      const [maker, other] = [at(n % 2), at((n + 1) % 2)];
      await Promise.all([maker.topics(), other.topics()]);
      const made = await maker.put(`fresh.${n}`, '{"partition_count":3}');
      expect([made.status, made.ms < 8_500]).toEqual([200, true]);
      expect(await maker.topics()).toContain(`fresh.${n}`);
      expect(await other.topics()).toContain(`fresh.${n}`);
      expect((await other.post(`fresh.${n}`, '{"records":[{"value":"at once"}]}')).status).toBe(200);
      const { partitions } = json((await other.call(`/metadata/topics/fresh.${n}/partitions`)).body) as { partitions: { leader: unknown }[] };
      expect(partitions.filter(({ leader }) => leader !== null)).toHaveLength(3);
    }
  }, 60_000);

  it("18 a topic made with Kafka's own tool is in every replica's list within 10 s", async () => {
    await kafka.createTopics({ name: 'elsewhere', partitions: 1 });
    for (const replica of [at(0), at(1)]) await expect.poll(() => replica.topics(), { timeout: 10_000 }).toContain('elsewhere');
  }, 30_000);

  it('43 brokers down: 500 within 10 s on every operation, a JSON object, no hang; and it recovers', async () => {
    const { call, put, post, read } = at(0);
    await kafka.stop();
    const answers = await Promise.all([
      call('/metadata/topics'),
      call('/metadata/brokers'),
      call('/metadata/topics/elsewhere/partitions'),
      call('/metadata/topics/elsewhere/partitions/0'),
      put('away'),
      post('elsewhere', '{"records":[{"value":1}]}'),
      read('elsewhere', 0),
    ]);
    for (const { status, headers, body, ms } of answers) {
      expect([status, headers['content-type'], Object.keys(json(body)), headers['retry-after'], ms < 10_000]).toEqual([500, 'application/json', ['error_code', 'message'], '5', true]);
    }
    expect((await call('/status')).status).toBe(200);
    await kafka.restart();
    await expect.poll(async () => (await call('/metadata/topics')).status, { timeout: 20_000, interval: 250 }).toBe(200);
  }, 90_000);
});
