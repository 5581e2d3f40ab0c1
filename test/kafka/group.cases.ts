import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ConsumedRecord, GroupConsumer, GroupConsumerSettings, KafkaCaller } from '@postern/kafka';
import { mintedToken } from '../setup/minted-token.ts';
import type { Contract } from './contract.setup.ts';
import { testCaller } from './test-caller.ts';
import { clusterOf, codeOf, outcomes, record, testSessions } from './test-sessions.ts';

const wait = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

export const registerGroupCases = ({ sessions, stack, topic, transport }: Contract): void => {
  const alice = testCaller(stack, 'alice');
  const name = topic('grouped');
  const opened: GroupConsumer[] = [];
  const consumer = (group: string, settings: Partial<GroupConsumerSettings> = {}, caller: KafkaCaller = alice): GroupConsumer => {
    const one = sessions.openConsumer(caller, 'main', { groupId: topic(group), reset: 'earliest', sessionTimeoutMs: 6_000, heartbeatMs: 300, ...settings });
    opened.push(one);
    return one;
  };
  const limits = { maxRecords: 1_000, maxBytes: 1_000_000, maxWaitMs: 500 };
  const texts = (records: readonly ConsumedRecord[]): string[] => records.map(({ value }) => value?.toString() ?? 'null').toSorted();
  /** Polls until `count` records have come, or for 10 s. */
  const take = async (one: GroupConsumer, count: number, caller: KafkaCaller = alice): Promise<ConsumedRecord[]> => {
    const records: ConsumedRecord[] = [];
    for (const until = Date.now() + 10_000; records.length < count && Date.now() < until; ) records.push(...(await one.poll(caller, limits)));
    return records;
  };
  const store = async (values: readonly string[], partition: number | null = null): Promise<void> => {
    const results = await sessions.produce(alice, values.map((value, i) => record(name, value, { partition: partition ?? i % 6 })));
    expect(new Set(outcomes(results))).toEqual(new Set(['stored']));
  };
  const first = Array.from({ length: 60 }, (_, i) => `first ${String(i).padStart(2, '0')}`);

  describe('a consumer in a group', () => {
    beforeAll(async () => {
      await stack.kafka.createTopics({ name, partitions: 6 });
      await stack.kafka.addAcls(
        { principal: 'alice', resource: 'topic', name, operations: ['read', 'write', 'describe'] },
        { principal: 'alice', resource: 'group', name: topic('g-'), pattern: 'prefixed', operations: ['read', 'describe'] },
      );
      await store(first);
    });
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((one) => one.close()));
    });

    it('reads what is there, commits what it gave, and another goes on behind it', async () => {
      const one = consumer('g-first');
      await one.subscribe(alice, [name]);
      expect(texts(await take(one, 60))).toEqual(first);
      expect(one.assignment()).toHaveLength(6);
      const results = await one.commit(alice);
      expect(results.map(({ kind, offset }) => [kind, offset])).toEqual(Array.from({ length: 6 }, () => ['committed', 10n]));
      expect(await one.committed(alice, [{ topic: name, partition: 3 }])).toEqual([{ topic: name, partition: 3, offset: 10n }]);
      const told = await stack.kafka.tool('groups', ['--describe', '--group', topic('g-first')]);
      expect(told.stdout.split('\n').filter((line) => line.includes(name)).map((line) => line.split(/\s+/).slice(2, 6)).toSorted(([a], [b]) => Number(a) - Number(b))).toEqual(Array.from({ length: 6 }, (_, partition) => [String(partition), '10', '10', '0']));
      await one.close();
      await store(['second'], 4);
      const other = consumer('g-first');
      await other.subscribe(alice, [name]);
      expect(texts(await take(other, 1))).toEqual(['second']);
      expect(await other.poll(alice, { ...limits, maxWaitMs: 0 })).toEqual([]);
    });

    it('gives again what was not committed', async () => {
      const one = consumer('g-again');
      await one.subscribe(alice, [name]);
      const given = await take(one, 60);
      expect((await one.commit(alice, [{ topic: name, partition: 0, offset: 4n }])).map(({ kind }) => kind)).toEqual(['committed']);
      await one.close();
      const other = consumer('g-again');
      await other.subscribe(alice, [name]);
      const again = await take(other, given.length - 4);
      expect(again.filter(({ partition }) => partition === 0).map(({ offset }) => offset)[0]).toBe(4n);
      expect(again).toHaveLength(given.length - 4);
    });

    it('shares partitions with a second member, and has them back when that one leaves', async () => {
      const [one, two] = [consumer('g-shared'), consumer('g-shared')];
      const sizes = async (): Promise<number[]> => {
        await Promise.all([one.poll(alice, { ...limits, maxWaitMs: 100 }), two.subscription().length > 0 ? two.poll(alice, { ...limits, maxWaitMs: 100 }) : null]);
        return [one.assignment().length, two.assignment().length];
      };
      await one.subscribe(alice, [name]);
      await expect.poll(sizes, { timeout: 10_000 }).toEqual([6, 0]);
      await two.subscribe(alice, [name]);
      await expect.poll(sizes, { timeout: 10_000 }).toEqual([3, 3]);
      expect(new Set([...one.assignment(), ...two.assignment()].map(({ partition }) => partition)).size).toBe(6);
      // What is another member's by now is not this one's to commit.
      const [foreign] = two.assignment();
      if (foreign === undefined) throw new Error('unreachable: three partitions');
      expect(await one.commit(alice, [{ ...foreign, offset: 1n }])).toMatchObject([{ kind: 'failed', error: { code: 'ILLEGAL_GROUP_STATE' } }]);
      await two.unsubscribe(alice);
      await expect.poll(sizes, { timeout: 10_000 }).toEqual([6, 0]);
    });

    it("shares a group with Kafka's own consumer", async () => {
      const one = consumer('g-java');
      await one.subscribe(alice, [name]);
      await take(one, 1);
      const java = stack.kafka.tool('console-consumer', ['--topic', name, '--group', topic('g-java'), '--timeout-ms', '4000'], { timeoutMs: 20_000 });
      const seen = new Set<number>();
      for (const until = Date.now() + 10_000; !seen.has(3) && Date.now() < until; ) {
        await one.poll(alice, { ...limits, maxWaitMs: 100 });
        seen.add(one.assignment().length);
      }
      expect(seen).toContain(3);
      await java;
      await expect.poll(async () => (await one.poll(alice, { ...limits, maxWaitMs: 100 }), one.assignment().length), { timeout: 10_000 }).toBe(6);
    });

    it('seeks by offset, to the start, to a time and to the end', async () => {
      const one = consumer('g-seek');
      const place = { topic: name, partition: 2 };
      expect(await codeOf(one.seek(alice, [{ ...place, offset: 0n }]))).toBe('ILLEGAL_GROUP_STATE');
      await one.assign(alice, [place]);
      const next = async (): Promise<bigint[]> => (await one.poll(alice, { ...limits, maxRecords: 2 })).map(({ offset }) => offset);
      expect(await next()).toEqual([0n, 1n]);
      await one.seek(alice, [{ ...place, offset: 7n }]);
      expect(await next()).toEqual([7n, 8n]);
      await one.seekTo(alice, [place], 'earliest');
      expect(await next()).toEqual([0n, 1n]);
      await one.seekTo(alice, [place], { timestamp: Date.now() + 60_000 });
      expect(await next()).toEqual([]);
      await one.seekTo(alice, [place], { timestamp: 0 });
      expect(await next()).toEqual([0n, 1n]);
      expect(await codeOf(one.seek(alice, [{ ...place, partition: 3, offset: 0n }]))).toBe('ILLEGAL_GROUP_STATE');
      // Past the end: by the reset policy, since the log has no such place.
      await one.seek(alice, [{ ...place, offset: 1_000_000n }]);
      expect(await next()).toEqual([0n, 1n]);
    });

    it('keeps to the limits of a poll over several partitions', async () => {
      const one = consumer('g-limits');
      await one.assign(alice, Array.from({ length: 6 }, (_, partition) => ({ topic: name, partition })));
      expect(await one.poll(alice, { ...limits, maxRecords: 25 })).toHaveLength(25);
      // Each record holds 8 bytes: the first comes in any case, no other above the limit.
      expect(await one.poll(alice, { ...limits, maxBytes: 1 })).toHaveLength(1);
      expect(await one.poll(alice, { ...limits, maxBytes: 24 })).toHaveLength(3);
    });

    it('says what the group has for it when it is told not to reset', async () => {
      const one = consumer('g-none', { reset: 'none' });
      await one.assign(alice, [{ topic: name, partition: 0 }]);
      expect(await codeOf(one.poll(alice, limits))).toBe('OFFSET_OUT_OF_RANGE');
      expect(await one.committed(alice, [{ topic: name, partition: 0 }])).toEqual([{ topic: name, partition: 0, offset: null }]);
      await one.seek(alice, [{ topic: name, partition: 0, offset: 3n }]);
      expect((await one.poll(alice, { ...limits, maxRecords: 1 })).map(({ offset }) => offset)).toEqual([3n]);
      expect((await one.commit(alice)).map(({ kind, offset }) => [kind, offset])).toEqual([['committed', 4n]]);
    });

    it('begins at the end by default of others, and is woken by what comes', async () => {
      const one = consumer('g-latest', { reset: 'latest' });
      await one.assign(alice, [{ topic: name, partition: 5 }]);
      expect(await one.poll(alice, { ...limits, maxWaitMs: 100 })).toEqual([]);
      const polled = one.poll(alice, { ...limits, maxWaitMs: 5_000 });
      await wait(300);
      const producedAt = performance.now();
      await store(['news'], 5);
      expect(texts(await polled)).toEqual(['news']);
      expect(performance.now() - producedAt).toBeLessThan(4_000);
    });

    it.each([
      ['a commit before the join', (one: GroupConsumer) => one.commit(alice, [{ topic: name, partition: 0, offset: 1n }]), 'ILLEGAL_GROUP_STATE'],
      ['a poll without a subscription', (one: GroupConsumer) => one.poll(alice, limits), 'ILLEGAL_GROUP_STATE'],
      ['an assignment beside a subscription', (one: GroupConsumer) => one.subscribe(alice, [name]).then(() => one.assign(alice, [{ topic: name, partition: 0 }])), 'ILLEGAL_GROUP_STATE'],
      ['a topic that is denied by the rule', (one: GroupConsumer) => one.subscribe(testCaller(stack, 'alice', { topics: { admits: () => false } }), [name]), 'TOPIC_RULE_DENIED'],
      ['a proof that has ended', (one: GroupConsumer) => one.subscribe(testCaller(stack, 'alice', { proofUntil: Date.now() - 1 }), [name]), 'CREDENTIAL_EXPIRED'],
      ['a consumer that was closed', (one: GroupConsumer) => one.close().then(() => one.poll(alice, limits)), 'UNKNOWN_MEMBER'],
    ])('refuses %s', async (_case, use, code) => {
      expect(await codeOf(use(consumer('g-refused')))).toBe(code);
    });

    it('tells a forbidden group from a forbidden topic', async () => {
      const group = consumer('forbidden');
      await group.subscribe(alice, [name]);
      expect(await codeOf(group.poll(alice, limits))).toBe('GROUP_AUTHORIZATION_FAILED');
      const closed = consumer('g-closed');
      await closed.assign(alice, [{ topic: topic('closed'), partition: 0 }]);
      expect(await codeOf(closed.poll(alice, limits))).toMatch('TOPIC_AUTHORIZATION_FAILED');
    });

    it('stays a member while nobody polls, and over the renewal of its tokens', async () => {
      const short = testCaller(stack, 'alice', { lifeMs: 4_000 });
      const one = consumer('g-idle', {}, short);
      await one.subscribe(short, [name]);
      expect((await take(one, 60, short)).length).toBeGreaterThanOrEqual(60);
      await wait(7_500);
      const results = await one.commit(short);
      expect(results.map(({ kind }) => kind)).toEqual(Array.from({ length: 6 }, () => 'committed'));
      expect(short.fetched()).toBeGreaterThanOrEqual(3);
    });

    it('has its connections from the budget of its principal, together with the session', async () => {
      const own = testSessions(clusterOf(stack, transport), {}, {}, { connectionsPerPrincipal: 1 });
      try {
        await own.as(alice, (session) => session.listTopics());
        const one = own.openConsumer(alice, 'main', { groupId: topic('g-budget'), reset: 'earliest' });
        await one.assign(alice, [{ topic: name, partition: 0 }]);
        expect(await codeOf(one.poll(alice, limits))).toBe('TOO_MANY_CONNECTIONS');
        expect(own.counts()).toMatchObject({ consumers: 1, connections: { open: 1 } });
        await one.close();
        expect(own.counts()).toMatchObject({ consumers: 0, connections: { open: 1 } });
      } finally {
        await own.close();
      }
    });

    it('knows a token as refused that was refused to the session', async () => {
      const own = testSessions(clusterOf(stack, transport));
      try {
        const token = await mintedToken(stack, 'alice', { claims: { aud: 'kafka-other' } });
        const mallory = testCaller(stack, 'alice', { origin: 'caller', token: async () => ({ token }) });
        expect(await codeOf(own.as(mallory, (session) => session.listTopics()))).toBe('CALLER_TOKEN_REFUSED');
        const one = own.openConsumer(mallory, 'main', { groupId: topic('g-refused'), reset: 'earliest' });
        await one.subscribe(mallory, [name]);
        expect(await codeOf(one.poll(mallory, limits))).toBe('CALLER_TOKEN_REFUSED');
        expect(own.counts()).toMatchObject({ connects: 0, connectFailures: 1 });
      } finally {
        await own.close();
      }
    });

    it('ends with its principal: evicted without a word to Kafka, closed with a leave', async () => {
      const own = testSessions(clusterOf(stack, transport));
      const members = async (group: string): Promise<number> => {
        const [described] = await sessions.as(alice, (session) => session.admin.groups.describe([topic(group)]));
        return described?.kind === 'done' ? described.members.length : -1;
      };
      try {
        for (const group of ['g-evicted', 'g-left']) {
          const one = own.openConsumer(alice, 'main', { groupId: topic(group), reset: 'earliest', sessionTimeoutMs: 6_000, heartbeatMs: 300 });
          await one.subscribe(alice, [name]);
          await take(one, 1);
          expect(await members(group)).toBe(1);
          if (group === 'g-left') break;
          const waiting = codeOf(one.poll(alice, { ...limits, maxWaitMs: 20_000 }));
          own.evict((sessionKey) => sessionKey === alice.credentials.sessionKey);
          expect(await waiting).not.toBe('resolved');
          expect(await codeOf(one.poll(alice, limits))).toBe('UNKNOWN_MEMBER');
          expect(own.counts().consumers).toBe(0);
          await expect.poll(() => own.counts().connections.open, { timeout: 2_000 }).toBe(0);
          // Its place is kept for the session's time-out: nobody has told the coordinator.
          expect(await members(group)).toBe(1);
        }
      } finally {
        await own.close();
      }
      expect(await members('g-left')).toBe(0);
      expect(await codeOf(Promise.resolve().then(() => own.openConsumer(alice, 'main', { groupId: topic('g-left'), reset: 'earliest' })))).toBe('NO_BROKER');
    });
  });
};
