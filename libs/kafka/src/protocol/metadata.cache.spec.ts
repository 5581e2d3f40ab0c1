import { describe, expect, it } from 'vitest';
import { LOGIN, fakeTransport } from '../testing/fake-transport.js';
import { ManualTime, settle } from '../testing/manual-time.js';
import { BrokerConnections } from './broker.connections.js';
import { MetadataCache } from './metadata.cache.js';

const topic = (name: string, errorCode = 0) => ({ name, errorCode, isInternal: false, partitions: errorCode === 0 ? [{ partitionIndex: 0, leaderId: 1, replicaNodes: [1], isrNodes: [1] }] : [] });

const setUp = () => {
  const time = new ManualTime();
  let asked = 0;
  let topics = [topic('good'), topic('forbidden', 29), topic('missing', 3)];
  const transport = fakeTransport((apiKey) => {
    if (apiKey !== 3) return LOGIN[apiKey];
    asked++;
    return { brokers: [{ nodeId: 1, host: 'b1', port: 9092 }], topics };
  });
  const connections = new BrokerConnections({
    transport,
    listener: { bootstrapServers: ['b1:9092'], tls: null, sasl: 'none', advertisedHosts: [] },
    tokens: null,
    clock: time,
    timers: time,
    silenceMs: 10_000,
    onThrottle: () => undefined,
    onPrincipalChange: () => undefined,
    clusterId: 'main',
    sessionKey: 'key',
    budget: { connect: (_principal, _patienceMs, connect) => connect() },
    kafkaName: 'alice',
    observe: () => undefined,
    count: () => undefined,
  });
  const cache = new MetadataCache(connections, time, time, 10_000);
  return { time, cache, asked: () => asked, become: (next: typeof topics) => (topics = next), deadline: () => time.now() + 10_000 };
};

describe('the metadata cache', () => {
  it('asks once for what is wanted in one turn, and knows each topic by itself', async () => {
    const { cache, asked, deadline } = setUp();
    await Promise.all([cache.lookup(['good', 'forbidden'], deadline()), cache.lookup(['missing', 'good'], deadline())]);
    expect(asked()).toBe(1);
    expect(['good', 'forbidden', 'missing'].map((name) => cache.peek(name)).map((entry) => (entry?.kind === 'failed' ? entry.error.code : entry?.kind))).toEqual(['known', 'TOPIC_AUTHORIZATION_FAILED', 'UNKNOWN_TOPIC']);
    await cache.lookup(['good', 'forbidden'], deadline());
    expect(asked()).toBe(1);
  });

  it('forgets a failure within half a second, and keeps the good for a minute', async () => {
    const { time, cache, asked, become, deadline } = setUp();
    await cache.lookup(['missing', 'good'], deadline());
    become([topic('missing'), topic('good')]);
    await time.pass(500);
    expect(cache.peek('missing')).toBeUndefined();
    await cache.lookup(['missing', 'good'], deadline());
    expect([cache.peek('missing')?.kind, asked()]).toEqual(['known', 2]);
    await time.pass(60_000);
    const old = cache.peek('good');
    expect(old !== undefined && cache.isStale(old)).toBe(true);
  });

  it('asks anew for a fresh description, also when it knows', async () => {
    const { cache, asked, become, deadline } = setUp();
    await cache.lookup(['good'], deadline());
    become([topic('good', 3)]);
    expect(await cache.fresh('good', deadline())).toMatchObject({ kind: 'failed', error: { code: 'UNKNOWN_TOPIC' } });
    expect(asked()).toBe(2);
  });

  it('takes a topic that the answer leaves out for unknown', async () => {
    const { cache, become, deadline } = setUp();
    become([]);
    await cache.lookup(['good'], deadline());
    expect(cache.peek('good')).toMatchObject({ kind: 'failed', error: { code: 'UNKNOWN_TOPIC' } });
  });

  it('refreshes without anybody waiting', async () => {
    const { cache, asked } = setUp();
    cache.refreshInBackground('good');
    cache.refreshInBackground('good');
    await settle();
    expect([asked(), cache.peek('good')?.kind]).toEqual([1, 'known']);
  });
});
