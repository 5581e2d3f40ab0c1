import { beforeAll, describe, expect, it } from 'vitest';
import type { FetchRequest, FetchResult, KafkaCaller } from '@postern/kafka';
import type { Contract } from './contract.setup.ts';
import { CODECS, javaTopic, writeWithJava } from './java-records.ts';
import { testCaller } from './test-caller.ts';
import { codeOf, outcomes, record } from './test-sessions.ts';
import { writeTransactions } from './transactions.ts';

export const registerFetchCases = ({ sessions, stack, topic }: Contract): void => {
  const alice = testCaller(stack, 'alice');
  const fetch = (request: Partial<FetchRequest> & { topic: string }, caller: KafkaCaller = alice, deadlineMs = 10_000): Promise<FetchResult> =>
    sessions.as(caller, (session) => session.fetch({ partition: 0, offset: 0n, maxRecords: 10_000, maxBytes: 10_000_000, maxWaitMs: 0, ...request }, { deadline: Date.now() + deadlineMs }));
  const values = ({ records }: FetchResult): (string | null)[] => records.map(({ value }) => value?.toString() ?? null);
  const store = async (name: string, contents: readonly (string | Buffer | null)[], partition = 0): Promise<bigint> => {
    const results = await sessions.produce(alice, contents.map((value) => record(topic(name), value, { partition })));
    expect(new Set(outcomes(results))).toEqual(new Set(['stored']));
    return results[0]?.kind === 'stored' ? results[0].offset : -1n;
  };

  describe('fetch', () => {
    beforeAll(() => writeWithJava(stack.kafka));

    it.each(CODECS)("reads what Kafka's own producer wrote with %s: keys, nulls, empties, headers", async (codec) => {
      const { records, nextOffset, endOffset } = await fetch({ topic: javaTopic(codec) });
      expect(records).toHaveLength(203);
      expect(nextOffset).toBe(203n);
      expect(endOffset).toBe(203n);
      expect(records.slice(0, 3).map(({ key, value, headers }) => [key?.toString() ?? null, value?.toString() ?? null, headers.map(({ name, value: bytes }) => [name, bytes?.toString() ?? null])])).toEqual([
        ['k', 'v', [['a', '1'], ['ü', null], ['a', '']]],
        [null, null, [['h', 'x']]],
        ['', '', [['h', 'x']]],
      ]);
      expect(records.slice(3).map(({ value }) => value?.toString())).toEqual(Array.from({ length: 200 }, (_, i) => `${codec} ${i} ${'x'.repeat(i)}`));
      expect(records.map(({ offset }) => offset)).toEqual(Array.from({ length: 203 }, (_, i) => BigInt(i)));
      // From the middle of a batch: what lies before is not given.
      expect((await fetch({ topic: javaTopic(codec), offset: 150n, maxRecords: 2 })).records.map(({ offset }) => offset)).toEqual([150n, 151n]);
    });

    it('gives back what was produced, byte for byte, with its time', async () => {
      const sent = [record(topic('read'), null), record(topic('read'), '', { key: Buffer.alloc(0) }), record(topic('read'), Buffer.from([0, 255, 128]), { key: Buffer.from('k'), timestamp: 1_500_000_000_123, headers: [{ name: '__proto__', value: null }, { name: 'é', value: Buffer.alloc(0) }] })];
      const [first] = await sessions.produce(alice, sent.map((one) => ({ ...one, partition: 1 })));
      if (first?.kind !== 'stored') throw new Error('not stored');
      const { records } = await fetch({ topic: topic('read'), partition: 1, offset: first.offset });
      expect(records.map(({ key, value, headers }) => ({ key, value, headers }))).toEqual(sent.map(({ key, value, headers }) => ({ key, value, headers: headers ?? [] })));
      expect(records[2]).toMatchObject({ timestamp: 1_500_000_000_123, timestampType: 'create', offset: first.offset + 2n });
    });

    it('says so where the broker stamped the time', async () => {
      const before = Date.now();
      const offset = await sessions.produce(alice, [record(topic('stamped'), 'x', { timestamp: before - 10_000 })]);
      const { records } = await fetch({ topic: topic('stamped') });
      expect(records[0]).toMatchObject({ timestampType: 'log-append', timestamp: offset[0]?.kind === 'stored' ? offset[0].timestamp : null });
      expect(records[0]?.timestamp).toBeGreaterThanOrEqual(before - 1_000);
    });

    it('keeps to its limits, and gives a first record whatever its size', async () => {
      const first = await store('read', ['a'.repeat(100), 'b'.repeat(100), 'c'.repeat(300_000), 'd']);
      const sizes = async (limits: Partial<FetchRequest>): Promise<number[]> => (await fetch({ topic: topic('read'), offset: first, ...limits })).records.map(({ value }) => value?.length ?? -1);
      expect(await sizes({ maxRecords: 2 })).toEqual([100, 100]);
      expect(await sizes({ maxRecords: 0 })).toEqual([]);
      expect(await sizes({ maxBytes: 199 })).toEqual([100]);
      expect(await sizes({ maxBytes: 1 })).toEqual([100]);
      expect(await sizes({ maxBytes: 300_200 })).toEqual([100, 100, 300_000]);
      expect(await sizes({ offset: first + 2n, maxBytes: 10 })).toEqual([300_000]);
      const two = await fetch({ topic: topic('read'), offset: first, maxRecords: 2 });
      expect(two.nextOffset).toBe(first + 2n);
      expect(two.endOffset).toBe(first + 4n);
    });

    it('reads more than one answer of the broker holds', async () => {
      const first = await store('read', Array.from({ length: 6 }, (_, i) => `${i}`.repeat(400_000)));
      const { records, nextOffset } = await fetch({ topic: topic('read'), offset: first });
      expect(records.map(({ value }) => value?.length)).toEqual(Array.from({ length: 6 }, () => 400_000));
      expect(nextOffset).toBe(first + 6n);
    });

    it('waits for a first record as long as asked, and no longer', async () => {
      const end = (await sessions.as(alice, (session) => session.offsets(topic('read'), [0], 'latest'))).get(0) ?? 0n;
      const startedAt = performance.now();
      expect(await fetch({ topic: topic('read'), offset: end, maxWaitMs: 1_400 })).toEqual({ records: [], nextOffset: end, endOffset: end });
      expect(performance.now() - startedAt).toBeGreaterThan(1_300);
      expect(performance.now() - startedAt).toBeLessThan(4_000);
      const polled = fetch({ topic: topic('read'), offset: end, maxWaitMs: 5_000 });
      // A poll on a connection of its own: the produce behind it is not held up.
      const producedAt = performance.now();
      await store('read', ['woken']);
      expect(performance.now() - producedAt).toBeLessThan(2_500);
      expect(values(await polled)).toEqual(['woken']);
      expect(performance.now() - producedAt).toBeLessThan(4_000);
    });

    it("ends a long poll within the call's deadline", async () => {
      const end = (await sessions.as(alice, (session) => session.offsets(topic('read'), [0], 'latest'))).get(0) ?? 0n;
      const startedAt = performance.now();
      expect((await fetch({ topic: topic('read'), offset: end, maxWaitMs: 60_000 }, alice, 1_000)).records).toEqual([]);
      expect(performance.now() - startedAt).toBeLessThan(5_000);
    });

    it('lets reads pass while many long polls of the same principal wait', async () => {
      const end = (await sessions.as(alice, (session) => session.offsets(topic('read'), [0], 'latest'))).get(0) ?? 0n;
      const polls = Array.from({ length: 8 }, () => fetch({ topic: topic('read'), offset: end, maxWaitMs: 3_000 }));
      const startedAt = performance.now();
      expect((await fetch({ topic: javaTopic('none'), maxRecords: 1 })).records).toHaveLength(1);
      expect(performance.now() - startedAt).toBeLessThan(2_600);
      await store('read', ['for all']);
      expect((await Promise.all(polls)).map(values)).toEqual(Array.from({ length: 8 }, () => ['for all']));
    });

    it('leaves out aborted transactions and what marks their ends, also with small answers', async () => {
      await writeTransactions(stack.kafka, topic('aborted'));
      // The coordinator answers for the end of a transaction before its mark is in the log, and nothing behind that is stable yet.
      await expect.poll(async () => values(await fetch({ topic: topic('aborted') })).at(-1), { timeout: 10_000 }).toBe('last');
      const all = await fetch({ topic: topic('aborted') });
      expect(values(all)).toEqual(['plain', ...Array.from({ length: 10 }, (_, i) => `committed ${i}`), 'last']);
      expect(all.nextOffset).toBe(all.endOffset);
      // Record by record and from every offset: each committed one exactly once, each gap passed.
      const seen: (string | null)[] = [];
      for (let offset = 0n; offset < all.endOffset; ) {
        const step = await fetch({ topic: topic('aborted'), offset, maxRecords: 1, maxBytes: 1 });
        seen.push(...values(step));
        expect(step.nextOffset).toBeGreaterThan(offset);
        offset = step.nextOffset;
      }
      expect(seen).toEqual(values(all));
      for (let offset = 0n; offset < all.endOffset; offset++) {
        expect(values(await fetch({ topic: topic('aborted'), offset }))).toEqual(values({ ...all, records: all.records.filter((one) => one.offset >= offset) }));
      }
    });

    it.each([
      ['an offset past the end', { offset: 1_000_000n }, 'OFFSET_OUT_OF_RANGE'],
      ['an offset below the start', { offset: -5n }, 'OFFSET_OUT_OF_RANGE'],
      ['a partition that is not there', { partition: 99 }, 'UNKNOWN_PARTITION'],
      ['a partition that cannot be', { partition: -1 }, 'UNKNOWN_PARTITION'],
    ])('refuses %s, and resets nothing', async (_case, request, code) => {
      expect(await codeOf(fetch({ topic: topic('read'), ...request }))).toBe(code);
    });

    it.each([
      ['a forbidden topic', 'closed', 'TOPIC_AUTHORIZATION_FAILED'],
      ['a topic that may be described but not read', 'new-', 'TOPIC_AUTHORIZATION_FAILED'],
      ['a missing topic', 'new-missing', 'UNKNOWN_TOPIC'],
      ['what is no topic name', 'not a topic', 'INVALID_TOPIC'],
    ])('refuses %s', async (_case, name, code) => {
      if (name === 'new-') await stack.kafka.createTopics({ name: topic('new-unread') });
      expect(await codeOf(fetch({ topic: topic(name === 'new-' ? 'new-unread' : name) }))).toBe(code);
    });

    it('refuses what the topic rule refuses', async () => {
      const ruled = testCaller(stack, 'alice', { topics: { admits: (_name, operation) => operation !== 'read' } });
      expect(await codeOf(fetch({ topic: topic('read') }, ruled))).toBe('TOPIC_RULE_DENIED');
    });
  });
};
