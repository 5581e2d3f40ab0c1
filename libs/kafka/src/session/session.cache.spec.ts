import { describe, expect, it } from 'vitest';
import { ManualTime, settle } from '../testing/manual-time.js';
import { testSource } from '../testing/test-source.js';
import type { ClusterSettings } from './cluster-settings.js';
import type { KafkaCaller, KafkaCredentialSource } from './kafka-credential.js';
import type { KafkaSession } from './session.port.js';
import { type CachedSession, SessionCache } from './session.cache.js';

const CLUSTER: ClusterSettings = { id: 'main', transport: 'platformatic', listeners: {}, brokerDeadlineMs: 10_000 };

interface Opened extends CachedSession {
  readonly key: string;
  readonly destroyed: () => boolean;
  state: 'new' | 'connected' | 'broken';
}

/** Sessions opened from now on are in this state; `connected` also for the last that is not yet. */
let openedState: Opened['state'] = 'connected';
const setStates = (opened: readonly Opened[], state: Opened['state']): void => {
  openedState = state;
  const last = opened.at(-1);
  if (state === 'connected' && last !== undefined) last.state = state;
};

const setUp = (maxSessions = 2) => {
  openedState = 'connected';
  const time = new ManualTime();
  const opened: Opened[] = [];
  const open = (source: KafkaCredentialSource): Opened => {
    let destroyed = false;
    let current = source;
    const session: Opened = {
      key: source.sessionKey,
      clusterId: 'main',
      state: openedState,
      tokens: {
        get source() {
          return current;
        },
        adopt: (newer) => void (current = newer),
      },
      destroy: () => void (destroyed = true),
      destroyed: () => destroyed,
      produce: async () => [],
      describeTopic: async (name) => ({ kind: 'known', name, internal: false, partitions: new Map(), at: 0 }),
      listTopics: async () => ({ brokers: [], topics: [] }),
      describeBrokers: async () => [],
      fetch: async ({ offset }) => ({ records: [], nextOffset: offset, endOffset: offset }),
      offsets: async () => new Map(),
      createTopic: async ({ name }) => ({ name, partitions: 1, replicationFactor: 1 }),
      wiring: {} as never,
      topicConfigs: async () => [],
    };
    opened.push(session);
    return session;
  };
  const cache = new SessionCache({ clusters: new Map([['main', CLUSTER]]), limits: { maxSessions, idleMs: 60_000, bufferBytes: 1, bufferBytesPerSession: 1 }, clock: time, timers: time, open });
  const caller = (sessionKey: string, proofMs = 600_000): KafkaCaller => ({ topics: { admits: () => true }, credentials: testSource({ sessionKey, proofUntil: time.now() + proofMs }) });
  /** A request that lasts until `end` is called. */
  const request = (key: string) => {
    let end: () => void = () => undefined;
    const lasts = new Promise<void>((resolve) => (end = resolve));
    return { end, done: cache.withSessionFor(caller(key), 'main', () => lasts) };
  };
  const touch = (key: string): Promise<void> => cache.withSessionFor(caller(key), 'main', async () => undefined);
  return { time, opened, cache, caller, request, touch };
};

describe('the session cache', () => {
  it('opens one session for a key, also for requests at once', async () => {
    const { opened, touch, cache } = setUp();
    await Promise.all([touch('a'), touch('a'), touch('b')]);
    await touch('a');
    expect(opened.map(({ key }) => key)).toEqual(['a', 'b']);
    expect(cache.counts()).toMatchObject({ open: 2, leased: 0 });
  });

  it('when full, lets the least recently used one go that nobody uses', async () => {
    const { opened, request, touch, cache } = setUp();
    const a = request('a');
    await touch('b');
    await touch('c');
    expect(opened.map(({ key, destroyed }) => [key, destroyed()])).toEqual([
      ['a', false],
      ['b', true],
      ['c', false],
    ]);
    a.end();
    await a.done;
    await touch('c');
    await touch('d');
    expect(opened.map(({ key, destroyed }) => [key, destroyed()])).toContainEqual(['a', true]);
    expect(cache.counts().evictions.full).toBe(2);
  });

  it('when full, lets nobody go for a newcomer until it has connected', async () => {
    const { opened, cache, caller, touch } = setUp();
    await touch('a');
    await touch('b');
    const newcomer = (key: string, then: () => void): Promise<void> =>
      cache.withSessionFor(caller(key), 'main', async () => {
        expect(opened.filter(({ destroyed }) => !destroyed()).map((session) => session.key)).toEqual(['a', 'b', key]);
        then();
      });
    setStates(opened, 'new');
    // Refused by the broker: it leaves, and nobody else.
    await newcomer('bad', () => undefined);
    expect(cache.counts()).toMatchObject({ open: 2, evictions: { full: 0, refused: 1 } });
    await newcomer('good', () => {
      setStates(opened, 'connected');
      cache.count('connects');
      expect(opened.map(({ key, destroyed }) => [key, destroyed()])).toEqual([
        ['a', true],
        ['b', false],
        ['bad', true],
        ['good', false],
      ]);
    });
    expect(cache.counts()).toMatchObject({ open: 2, evictions: { full: 1, refused: 1 } });
  });

  it('lets in no more newcomers at once than could take a place', async () => {
    const { opened, request, touch } = setUp(3);
    await touch('a');
    const busy = [request('b'), request('c')];
    setStates(opened, 'new');
    const newcomer = request('d');
    await expect(touch('e')).rejects.toMatchObject({ code: 'TOO_MANY_SESSIONS' });
    for (const { end, done } of [...busy, newcomer]) {
      end();
      await done;
    }
    expect(opened.map(({ key, destroyed }) => [key, destroyed()])).toEqual([
      ['a', false],
      ['b', false],
      ['c', false],
      ['d', true],
    ]);
  });

  it('refuses a newcomer when all are in use', async () => {
    const { request, touch } = setUp();
    const [a, b] = [request('a'), request('b')];
    await expect(touch('c')).rejects.toMatchObject({ code: 'TOO_MANY_SESSIONS' });
    a.end();
    b.end();
    await Promise.all([a.done, b.done]);
    await touch('c');
  });

  it('ends idle sessions and those past their proof, never one in use', async () => {
    const { time, opened, cache, caller, request, touch } = setUp(5);
    await touch('idle');
    const busy = request('busy');
    await cache.withSessionFor(caller('short', 30_000), 'main', async () => undefined);
    await time.pass(31_000);
    cache.sweep();
    await time.pass(30_000);
    cache.sweep();
    expect(opened.map(({ key, destroyed }) => [key, destroyed()])).toEqual([
      ['idle', true],
      ['busy', false],
      ['short', true],
    ]);
    expect(cache.counts().evictions).toMatchObject({ idle: 1, expired: 1 });
    busy.end();
    await busy.done;
  });

  it('drops a session that never connected, so that bad tokens push nobody out', async () => {
    const { opened, cache, caller, touch } = setUp();
    await touch('good');
    for (const key of ['bad-1', 'bad-2', 'bad-3']) {
      await cache.withSessionFor(caller(key), 'main', async () => {
        const last = opened.at(-1);
        if (last !== undefined) last.state = 'new';
      });
    }
    expect(opened.map(({ key, destroyed }) => [key, destroyed()])).toEqual([
      ['good', false],
      ['bad-1', true],
      ['bad-2', true],
      ['bad-3', true],
    ]);
    expect(cache.counts().evictions.refused).toBe(3);
  });

  it('evicts at once what is unused, and within 5 s what is used', async () => {
    const { time, opened, cache, request, touch } = setUp();
    await touch('a');
    const b = request('b');
    cache.evict(() => true);
    expect(opened.map(({ destroyed }) => destroyed())).toEqual([true, false]);
    await touch('b');
    expect(opened.map(({ key }) => key)).toEqual(['a', 'b', 'b']);
    await time.pass(5_000);
    expect(opened.map(({ destroyed }) => destroyed())).toEqual([true, true, false]);
    b.end();
    await b.done;
  });

  it('gives a session that answers nothing after its request', async () => {
    const { cache, caller } = setUp();
    let kept: KafkaSession | null = null;
    await cache.withSessionFor(caller('a'), 'main', async (session) => {
      expect(await session.listTopics()).toEqual([]);
      kept = session;
    });
    await expect((kept as KafkaSession | null)?.listTopics()).rejects.toThrow('after its lease');
  });

  it.each([
    ['an unknown cluster', 'elsewhere', 600_000, { code: 'UNKNOWN_CLUSTER' }],
    ['an ended proof', 'main', 0, { code: 'CREDENTIAL_EXPIRED' }],
  ])('opens nothing for %s', async (_case, clusterId, proofMs, expected) => {
    const { cache, caller, opened } = setUp();
    await expect(cache.withSessionFor(caller('a', proofMs), clusterId, async () => undefined)).rejects.toMatchObject(expected);
    expect(opened).toEqual([]);
  });

  it('closes after the requests under way, and refuses new ones', async () => {
    const { time, opened, cache, request, touch } = setUp();
    const a = request('a');
    const closed = cache.close();
    await expect(touch('b')).rejects.toMatchObject({ code: 'NO_BROKER' });
    await time.pass(100);
    expect(opened[0]?.destroyed()).toBe(false);
    a.end();
    await a.done;
    await time.pass(100);
    await closed;
    expect(opened[0]?.destroyed()).toBe(true);
  });

  it('closes in the end also over a request that never ends', async () => {
    const { time, opened, cache, request } = setUp();
    request('a');
    const closed = cache.close();
    await time.pass(10_100);
    await closed;
    await settle();
    expect(opened[0]?.destroyed()).toBe(true);
  });
});
