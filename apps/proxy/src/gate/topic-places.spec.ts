import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KafkaCaller, KafkaSession, KafkaSessions } from '@postern/kafka';
import { LeasedSession, type SessionWork } from '../../../../libs/kafka/src/session/leased.session.js';
import { startProxyUnderTest, type ProxyUnderTest } from '../../testing/proxy-under-test.js';
import { TOPIC_PARAMETERS } from './act-of.js';
import { createGate, type Gate } from './gate.js';
import { OPERATIONS, topicPlaceOf, type OperationName } from './operation.js';

/*
 * I25: every operation of the real route table is driven with a forbidden topic at every place where a topic name can
 * stand: through both places that ask the rules, and through each of them alone.
 */
const FORBIDDEN = 'secret.orders';
const everyone = { everyone: true } as const;
const rules = createGate({ rules: [{ effect: 'allow', who: everyone }, { effect: 'deny', topics: ['secret.'], who: everyone }] }, []);
const guardAlone: Gate = { decide: rules.decide, topicRule: () => ({ admits: () => true }) };
const portAlone: Gate = { decide: () => ({ kind: 'allowed' }), topicRule: (principal, act) => rules.topicRule(principal, act) };

/** Every topic name that would have gone to a broker. */
const recording = () => {
  const seen: string[] = [];
  const topic = (name: string) => ({ kind: 'known' as const, name, internal: false, partitions: new Map([[0, { partition: 0, leader: 1, replicas: [1], inSync: [1] }]]), at: 0 });
  const see = (name: string) => void seen.push(name);
  const work: SessionWork = {
    clusterId: 'main',
    listTopics: async () => ({ brokers: [], topics: [topic('open'), topic(FORBIDDEN)] }),
    describeBrokers: async () => [],
    describeTopic: async (name) => (see(name), topic(name)),
    topicConfigs: async (name) => (see(name), []),
    produce: async (records) => records.map((record) => (see(record.topic), { kind: 'stored', partition: 0, offset: 0n, timestamp: null })),
    fetch: async (request) => (see(request.topic), { records: [], nextOffset: 0n, endOffset: 0n }),
    offsets: async (name, partitions) => (see(name), new Map(partitions.map((partition) => [partition, 0n]))),
    createTopic: async ({ name }) => (see(name), { name, partitions: 1, replicationFactor: 1 }),
    // Administration has the same spec beside it, in libs/kafka (leased.admin.spec.ts).
    wiring: {} as never,
  };
  const sessions: Pick<KafkaSessions, 'withSessionFor'> = {
    withSessionFor: (caller: KafkaCaller, _cluster, use) => use(new LeasedSession(work, caller.topics, () => Date.now() + 1_000)),
  };
  return { seen, sessions, work };
};

const RECORDS = '{"records":[{"value":"aGk="}]}';
/** A body that the operation takes, so that it would reach Kafka. */
const BODIES: Partial<Record<OperationName, string>> = {
  'api.v2.produce-to-topic': RECORDS,
  'api.v2.produce-to-partition': RECORDS,
  'api.hdinsight.produce': RECORDS,
  'api.hdinsight.topics.create': '{}',
};
/** There by a setting only; test/api has it with the setting on. */
const BY_SETTING: readonly OperationName[] = ['api.hdinsight.topics.delete'];
const SPELLINGS = [FORBIDDEN, '%73ecret.orders', 'secret%2Eorders', 'secret.%6Frders'];

const call = async (proxy: ProxyUnderTest, method: string, path: string) => {
  const before = proxy.logged.length;
  const login = `Authorization: Basic ${Buffer.from('alice:right').toString('base64')}\r\n`;
  const answered = async (body: string) => proxy.raw(`${method} ${path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n${login}${body === '' ? '' : `Content-Length: ${body.length}\r\n`}\r\n${body}`);
  const operationOf = () => proxy.logged.slice(before).map((line) => (JSON.parse(line) as { operation?: OperationName }).operation).find((operation) => operation !== undefined);
  let answer = await answered('');
  await expect.poll(operationOf).toBeDefined();
  const operation = operationOf() as OperationName;
  const body = BODIES[operation];
  if (body !== undefined) answer = await answered(body);
  return { operation, status: Number(answer.slice(9, 12)), body: answer.slice(answer.indexOf('\r\n\r\n') + 4) };
};

const isTopicParameter = (part: string) => TOPIC_PARAMETERS.some((name) => part === `:${name}`);
const fill = (url: string, topic: string) => url.split('/').map((part) => (isTopicParameter(part) ? topic : part.startsWith(':') ? '0' : part)).join('/');
const hasTopic = (url: string) => url.split('/').some(isTopicParameter);
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

describe.each([
  ['the guard and the session port', rules, true],
  ['the session port alone', portAlone, true],
  ['the guard alone, which cannot see into lists', guardAlone, false],
])('a forbidden topic, held by %s', (_sentence, gate, filtersLists) => {
  const kafka = recording();
  let proxy: ProxyUnderTest;
  let routes: ProxyUnderTest['routes'];
  beforeAll(async () => {
    proxy = await startProxyUnderTest({}, { gate, sessions: kafka.sessions });
    routes = proxy.routes.filter(({ method, url }) => METHODS.includes(method) && !url.includes('*'));
  });
  afterAll(() => proxy.close());

  it('in the path of any route, in any spelling, is 403 and reaches no broker', async () => {
    const driven = new Set<OperationName>();
    for (const { method, url } of routes.filter((route) => hasTopic(route.url))) {
      for (const spelling of SPELLINGS) {
        const { operation, status } = await call(proxy, method, fill(url, spelling));
        driven.add(operation);
        expect(`${method} ${url} as ${spelling}: ${status}`).toBe(`${method} ${url} as ${spelling}: 403`);
      }
    }
    expect([...driven].sort()).toEqual(OPERATIONS.filter((operation) => topicPlaceOf(operation) === 'path' && !BY_SETTING.includes(operation)).toSorted());
    expect(kafka.seen).toEqual([]);
  }, 60_000);

  it('is in no answer of a route whose path has no topic', async () => {
    const driven = new Set<OperationName>();
    for (const { method, url } of routes.filter((route) => !hasTopic(route.url))) {
      const { operation, status, body } = await call(proxy, method, fill(url, ''));
      driven.add(operation);
      expect(`${method} ${url}: ${status}`).toBe(`${method} ${url}: 200`);
      const isList = topicPlaceOf(operation) === 'inside' && method === 'GET';
      expect([body.includes('open'), body.includes('secret')]).toEqual([isList, isList && !filtersLists]);
    }
    expect([...driven].sort()).toEqual(OPERATIONS.filter((operation) => topicPlaceOf(operation) !== 'path' && operation !== 'unrouted').toSorted());
    expect(kafka.seen).toEqual([]);
  }, 60_000);

  it('does not stand in the way of its neighbours', async () => {
    for (const { method, url } of routes.filter((route) => hasTopic(route.url))) {
      const { status } = await call(proxy, method, fill(url, 'open'));
      expect(`${method} ${url}: ${status}`).toBe(`${method} ${url}: 200`);
    }
    expect(new Set(kafka.seen)).toEqual(new Set(['open']));
  }, 60_000);
});

describe('a forbidden topic at the session port itself', () => {
  const principal = { name: 'alice' } as never;
  const act = { operation: 'api.v2.topics.list', method: 'GET', topic: null } as const;
  /** What names no topic; `admin` has a table of its own (leased.admin.spec.ts). */
  const NAMELESS = ['clusterId', 'admin', 'throttledUntil'] as const;
  /** How each use of a session names topics; a use without a row fails below. */
  const USES = {
    listTopics: async (session) => (await session.listTopics()).map(({ name }) => name).join(),
    describeBrokers: async (session) => `${(await session.describeBrokers()).length}`,
    describeTopic: (session) => session.describeTopic(FORBIDDEN),
    topicConfigs: (session) => session.topicConfigs(FORBIDDEN),
    produce: async (session) => {
      const [first, second] = await session.produce([FORBIDDEN, 'open'].map((topic) => ({ topic, partition: null, key: null, value: null })));
      return `${first?.kind === 'failed' ? first.error.code : first?.kind} ${second?.kind}`;
    },
    fetch: (session) => session.fetch({ topic: FORBIDDEN, partition: 0, offset: 0n, maxRecords: 1, maxBytes: 1, maxWaitMs: 0 }),
    offsets: (session) => session.offsets(FORBIDDEN, [0], 'latest'),
    createTopic: (session) => session.createTopic({ name: FORBIDDEN, partitions: 1, replicationFactor: 1, configs: new Map() }),
  } satisfies Record<Exclude<keyof KafkaSession, (typeof NAMELESS)[number]>, (session: KafkaSession) => Promise<unknown>>;
  const EXPECTED: Readonly<Record<string, string>> = { listTopics: 'open', describeBrokers: '0', produce: 'TOPIC_RULE_DENIED stored' };

  const uses = Object.getOwnPropertyNames(LeasedSession.prototype).filter((name) => !['constructor', 'end', ...NAMELESS].includes(name));
  it.each(uses)('%s', async (use) => {
    const { seen, work } = recording();
    const session = new LeasedSession(work, rules.topicRule(principal, act), () => Date.now() + 1_000);
    const outcome = await USES[use as keyof typeof USES](session).catch((error: { code?: string }) => error.code);
    expect(outcome).toBe(EXPECTED[use] ?? 'TOPIC_RULE_DENIED');
    expect(seen).not.toContain(FORBIDDEN);
  });
});
