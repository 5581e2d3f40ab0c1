import { afterAll, beforeAll, describe, expect } from 'vitest';
import { basic, bearer, V2_JSON } from '../api/https.client.ts';
import { runProxy, type RunningProxy } from '../api/running-proxy.ts';
import { startOnce } from '../api/start-once.ts';
import { readTopic } from '../setup/read-topic.ts';
import { stack as theStack, type Stack } from '../setup/stack.ts';
import { attackedProxy, type Attacked } from './attacked.proxy.ts';
import { caseCount } from './case.count.ts';
import { forge, otherKey, type BearerWay } from './forged.token.ts';

/* Section E of the attack cases, as far as they are about who is who; consumer instances are no part of it. */
let stack: Stack;
let attacked: Attacked;
const { it: attack, sent } = caseCount('E');
const json = JSON.stringify;

const way = (name: string): BearerWay => {
  const found = attacked.ways.find((one) => one.name === name);
  if (found === undefined) throw new Error(name);
  return found;
};
const appsToken = (sub: string, over: object = {}): string => bearer(forge(way('OIDC'), { claims: { sub, jti: String(Math.random()), ...over } }));
/** Who may write to the topic of the same name, and to no other. */
const callers = (): Readonly<Record<string, string>> => ({
  alice: basic('alice', 'alice-secret'),
  dave: basic('dave', 'p:a:ss wörd'),
  'apps/alice': appsToken('alice'),
  'apps/dave': appsToken('dave'),
  [stack.issuer.client('orders-service').objectId]: bearer(forge(way('Entra v2'))),
});
const topicOf = (kafkaName: string): string => `own.${kafkaName.replace('/', '.')}`;

beforeAll(async () => {
  stack = theStack();
  attacked = await attackedProxy(stack);
  for (const name of Object.keys(callers())) {
    await stack.kafka.createTopics({ name: topicOf(name), partitions: 1 });
    await stack.kafka.addAcls({ principal: name, resource: 'topic', name: topicOf(name), operations: ['write', 'describe'] });
  }
}, 120_000);
afterAll(() => attacked?.stop());

const produce = async (proxy: RunningProxy, authorization: string, topic: string, value: unknown): Promise<number> => {
  sent();
  return (await proxy.call(`/topics/${topic}`, { authorization, contentType: V2_JSON, body: json({ records: [{ value }] }) })).status;
};
const metric = async (name: string): Promise<number> => {
  const text = await (await fetch(`${attacked.proxy.proxy.managementUrl}/metrics`)).text();
  return text.split('\n').filter((line) => line.startsWith(name)).reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
};

describe('section E: who is who', () => {
  attack(97, 'callers at the same time never share a client: each writes to its own topic and to no other', async () => {
    const all = Object.entries(callers());
    const wrong: string[] = [];
    let written = 0;
    await Promise.all(Array.from({ length: 300 }, async (_, i) => {
      const [who, authorization] = all[i % all.length] ?? ['', ''];
      const [whose] = all[(i * 7 + Math.floor(i / 5)) % all.length] ?? [''];
      const status = await produce(attacked.proxy, authorization, topicOf(whose), `${who} ${i}`);
      if (status !== (who === whose ? 200 : 403)) wrong.push(`${who} to ${whose}: ${status}`);
      if (who === whose) written += 1;
    }));
    expect(wrong).toEqual([]);
    let landed = 0;
    for (const [who] of all) {
      const records = await readTopic(stack.kafka, topicOf(who));
      landed += records.length;
      expect(records.filter(({ value }) => !value?.toString().startsWith(`"${who} `))).toEqual([]);
    }
    expect(landed).toBe(written);
  });
  attack(98, 'two tokens of one sub with other roles are one principal, judged each by what it says', async () => {
    const [admitted, outside] = [bearer(forge(way('Entra v2'))), bearer(forge(way('Entra v2'), { claims: { groups: ['99999999-0000-4000-8000-000000000000'] } }))];
    const topic = topicOf(stack.issuer.client('orders-service').objectId);
    expect([await produce(attacked.proxy, admitted, topic, 1), await produce(attacked.proxy, outside, topic, 1), await produce(attacked.proxy, admitted, topic, 1)]).toEqual([200, 403, 200]);
  });
  attack(99, 'an older token after a newer one is judged by itself and does not shorten the session', async () => {
    const now = Math.floor(Date.now() / 1000);
    const topic = topicOf(stack.issuer.client('orders-service').objectId);
    const [newer, older] = [bearer(forge(way('Entra v2'), { claims: { exp: now + 3_000 } })), bearer(forge(way('Entra v2'), { claims: { exp: now + 3 } }))];
    expect([await produce(attacked.proxy, newer, topic, 1), await produce(attacked.proxy, older, topic, 1)]).toEqual([200, 200]);
    await expect.poll(() => produce(attacked.proxy, older, topic, 1), { timeout: 8_000, interval: 400 }).toBe(401);
    expect(await produce(attacked.proxy, newer, topic, 1)).toBe(200);
  });
  attack(100, 'a renewed token goes on with the same session', async () => {
    const topic = topicOf('apps/alice');
    expect(await produce(attacked.proxy, appsToken('alice'), topic, 1)).toBe(200);
    const before = await metric('postern_kafka_notices_total{kind="connected"}');
    for (let i = 0; i < 5; i++) expect(await produce(attacked.proxy, appsToken('alice', { exp: Math.floor(Date.now() / 1000) + 600 + i }), topic, 1)).toBe(200);
    expect(await metric('postern_kafka_notices_total{kind="connected"}')).toBe(before);
  });
  attack(101, 'names that join to the same text are different principals', async () => {
    const subs = ['a', 'a/b', 'a.b', 'a-b', 'A', 'b/a', 'apps/a'];
    for (const sub of subs) {
      sent();
      await attacked.proxy.call('/topics', { authorization: appsToken(sub) });
    }
    const keyOf = (sub: string) => attacked.proxy.audits().find((record) => record['kafkaName'] === `apps/${sub}` && record['status'] === 200)?.['principalKey'];
    await expect.poll(() => subs.filter((sub) => keyOf(sub) === undefined)).toEqual([]);
    expect(new Set(subs.map(keyOf)).size).toBe(subs.length);
  });
  attack(102, 'two thousand principals are served within the bound on sessions, and a busy one is not thrown out', async () => {
    const small = await attackedProxy(stack, { environment: { POSTERN__limits__sessions: '20' } });
    const token = (sub: string) => bearer(forge(small.ways.find(({ name }) => name === 'OIDC') as BearerWay, { claims: { sub } }));
    const seen: Record<number, number> = {};
    const steady: number[] = [];
    for (let round = 0; round < 20; round++) {
      const statuses = await Promise.all(Array.from({ length: 100 }, async (_, i) => {
        sent();
        return (await small.proxy.call('/topics', { authorization: token(`crowd-${round}-${i}`) })).status;
      }));
      for (const status of statuses) seen[status] = (seen[status] ?? 0) + 1;
      steady.push(await produce(small.proxy, token('alice'), topicOf('apps/alice'), round));
    }
    expect(Object.keys(seen).filter((status) => status !== '200' && status !== '503')).toEqual([]);
    expect(seen[200]).toBeGreaterThanOrEqual(20 * 20);
    expect(steady.filter((status) => status !== 200 && status !== 503)).toEqual([]);
    const gauge = await (await fetch(`${small.proxy.proxy.managementUrl}/metrics`)).text();
    expect(Number(/^postern_sessions (\d+)/m.exec(gauge)?.[1])).toBeLessThanOrEqual(20);
    await small.stop();
  });
  attack(105, 'a flood of bad tokens reaches neither Kafka nor an upstream, and a good caller is served meanwhile', async () => {
    expect(await produce(attacked.proxy, appsToken('alice'), topicOf('apps/alice'), 1)).toBe(200);
    const [connects, keys] = [await metric('postern_kafka_notices_total{kind="connected"}'), (await attacked.apps.requestCounts()).keys];
    const bad = bearer(forge(way('OIDC'), { key: otherKey.privateKey }));
    const flood = Promise.all(Array.from({ length: 1_500 }, () => produce(attacked.proxy, bad, 'own.nobody', 1)));
    const good = await Promise.all(Array.from({ length: 20 }, () => produce(attacked.proxy, appsToken('alice'), topicOf('apps/alice'), 1)));
    expect([new Set(good), new Set(await flood)]).toEqual([new Set([200]), new Set([401])]);
    expect([await metric('postern_kafka_notices_total{kind="connected"}'), (await attacked.apps.requestCounts()).keys]).toEqual([connects, keys]);
  });
  attack(108, 'health and metrics are on the management listener alone, and name nobody', async () => {
    for (const path of ['/healthz', '/readyz', '/metrics']) {
      sent();
      expect([path, (await attacked.proxy.call(path)).status, (await attacked.proxy.call(path, { authorization: appsToken('alice') })).status]).toEqual([path, 401, 404]);
      expect(await (await fetch(`${attacked.proxy.proxy.managementUrl}${path}`)).text()).not.toMatch(/alice|own\.|eyJ/);
    }
  });
  attack(109, 'a limit or a cache tells nothing of who exists', async () => {
    const guesses = async (name: string) => {
      const seen: number[] = [];
      for (let i = 0; i < 8; i++) {
        sent();
        seen.push((await attacked.proxy.call('/topics', { authorization: basic(name, `guess-${i}`) })).status);
      }
      return seen;
    };
    expect(await guesses('erin')).toEqual(await guesses('nobody-of-that-name'));
  });
  attack(111, 'a list holds only what the caller may describe; a named topic of another is 403', async () => {
    const list = await attacked.proxy.call('/topics', { authorization: appsToken('dave') });
    sent(2);
    expect((JSON.parse(list.body) as string[]).filter((name) => name.startsWith('own.'))).toEqual([topicOf('apps/dave')]);
    expect((await attacked.proxy.call(`/topics/${topicOf('alice')}/partitions`, { authorization: appsToken('dave') })).status).toBe(403);
  });
  attack(107, 'when the client of a caller cannot be made the answer is 401, 403 or 503, and nothing is done as anyone else', async () => {
    // A session needs a name at Kafka; a caller who gets none has no other identity to fall back to.
    expect(await produce(attacked.proxy, bearer(forge(way('MDS'), { claims: { sub: 'bob', azp: 'bob' } })), topicOf('alice'), 1)).toBe(403);
    const away = await runProxy(stack, { bootstrap: { minted: '127.0.0.1:9', caller: '127.0.0.1:9' }, awaitReady: false });
    expect(await produce(away, basic('alice', 'alice-secret'), topicOf('alice'), 1)).toBe(503);
    await away.stop();
  });
  attack(113, 'a cluster without TLS, or without its CA, stops the start', () => {
    const started = startOnce(stack, { POSTERN__clusters__0__listeners__0__tls: 'false' });
    expect([started.status === 0, started.stderr + started.stdout]).toEqual([false, expect.stringContaining('clusters.0.listeners.0.tls')]);
    return Promise.resolve();
  });
});
