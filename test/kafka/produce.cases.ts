import { describe, expect, it } from 'vitest';
import { endOffsets, readTopic } from '../setup/read-topic.ts';
import type { Contract } from './contract.setup.ts';
import { testCaller } from './test-caller.ts';
import { outcomes, record } from './test-sessions.ts';

const total = (offsets: ReadonlyMap<number, bigint>): bigint => [...offsets.values()].reduce((sum, end) => sum + end, 0n);

/** The longest time that the event loop did nothing else while `work` ran, in ms. */
const longestStall = async (work: () => Promise<unknown>): Promise<number> => {
  let last = performance.now();
  let longest = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }, 5);
  await work();
  clearInterval(timer);
  return Math.max(longest, performance.now() - last);
};

export const registerProduceCases = ({ sessions, stack, topic }: Contract): void => {
  describe('produce', () => {
    const alice = testCaller(stack, 'alice');

    it('fails a forbidden, a missing and an unknown-partition record alone, in one call', async () => {
      const results = await sessions.produce(alice, [
        record(topic('open'), 'a', { partition: 0 }),
        record(topic('closed'), 'b'),
        record(topic('new-missing'), 'c'),
        record(topic('open'), 'd', { partition: 99 }),
        record(topic('open'), 'e', { partition: -1 }),
        record(topic('open'), 'f', { partition: 5 }),
        record('bad name', 'g'),
        record(topic('open'), 'h', { timestamp: -5 }),
      ]);
      expect(outcomes(results)).toEqual(['stored', 'TOPIC_AUTHORIZATION_FAILED', 'UNKNOWN_TOPIC', 'UNKNOWN_PARTITION', 'UNKNOWN_PARTITION', 'stored', 'INVALID_TOPIC', 'INVALID_TIMESTAMP']);
      expect(results[0]).toMatchObject({ partition: 0 });
      expect(results[5]).toMatchObject({ partition: 5 });
    });

    it('moves nothing to another partition and drops nothing', async () => {
      const before = await endOffsets(stack.kafka, topic('open'));
      const results = await sessions.produce(alice, [99, 2, -1, 2, 6].map((partition) => record(topic('open'), 'x', { partition })));
      expect(outcomes(results)).toEqual(['UNKNOWN_PARTITION', 'stored', 'UNKNOWN_PARTITION', 'stored', 'UNKNOWN_PARTITION']);
      const after = await endOffsets(stack.kafka, topic('open'));
      expect([...after].map(([partition, end]) => [partition, end - (before.get(partition) ?? 0n)])).toEqual([0, 1, 2, 3, 4, 5].map((partition) => [partition, partition === 2 ? 2n : 0n]));
    });

    it('refuses what the topic rule refuses, for those records only', async () => {
      const ruled = testCaller(stack, 'alice', { topics: { admits: (name, operation) => name === topic('open') && operation === 'write' } });
      const results = await sessions.produce(ruled, [record(topic('keyed'), 'x'), record(topic('open'), 'x'), record(topic('keyed'), 'x')]);
      expect(outcomes(results)).toEqual(['TOPIC_RULE_DENIED', 'stored', 'TOPIC_RULE_DENIED']);
    });

    it('first use of an allowed and a forbidden topic at once harms neither', async () => {
      const bob = testCaller(stack, 'bob');
      const calls = Array.from({ length: 20 }, (_, i) => sessions.produce(bob, [record(topic(i % 2 === 0 ? 'open' : 'closed'), `${i}`)]));
      const results = (await Promise.all(calls)).flatMap((call) => outcomes(call));
      expect(results).toEqual(Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? 'stored' : 'TOPIC_AUTHORIZATION_FAILED')));
    });

    it('keeps every byte: null, empty, headers, duplicates, timestamps', async () => {
      const sent = [
        record(topic('bytes'), null, { key: null }),
        record(topic('bytes'), '', { key: Buffer.alloc(0) }),
        record(topic('bytes'), 'v', { key: Buffer.from('k'), timestamp: 1_500_000_000_000 }),
        record(topic('bytes'), Buffer.from([0x7f, 0x80, 0xff, 0x22]), {
          headers: [
            { name: 'a', value: Buffer.from('1') },
            { name: 'ü', value: null },
            { name: 'a', value: Buffer.alloc(0) },
            { name: '__proto__', value: Buffer.from('p') },
          ],
        }),
      ].map((one) => ({ ...one, partition: 0 }));
      const results = await sessions.produce(alice, sent);
      const read = await readTopic(stack.kafka, topic('bytes'));
      expect(read.map(({ key, value }) => [key, value])).toEqual(sent.map(({ key, value }) => [key, value]));
      expect(read[2]?.timestamp).toBe(1_500_000_000_000n);
      expect(read[3]?.headers).toHaveLength(4);
      expect(read[3]?.headers.map((header) => header.split(':')[0])).toEqual(['a', 'ü', 'a', '__proto__']);
      expect(results).toEqual(read.map(({ offset, timestamp }) => ({ kind: 'stored', partition: 0, offset, timestamp: Number(timestamp) })));
    });

    it('puts keyed records where the Java client puts them', async () => {
      const keys = Array.from({ length: 200 }, (_, i) => `key-${i}-${'x'.repeat(i % 9)}`);
      const results = await sessions.produce(alice, keys.map((key) => record(topic('keyed'), 'ours', { key: Buffer.from(key) })));
      const run = await stack.kafka.tool('console-producer', ['--topic', topic('keyed'), '--reader-property', 'parse.key=true', '--reader-property', 'key.separator=|'], { stdin: keys.map((key) => `${key}|java\n`).join('') });
      expect(run).toMatchObject({ exitCode: 0 });
      const read = await readTopic(stack.kafka, topic('keyed'));
      const java = new Map(read.filter(({ value }) => value?.toString() === 'java').map(({ key, partition }) => [key?.toString(), partition]));
      expect(java.size).toBe(200);
      expect(keys.map((key) => java.get(key))).toEqual(results.map((result) => (result.kind === 'stored' ? result.partition : null)));
    });

    it('keeps the order of each partition over many concurrent calls', async () => {
      const first = (await endOffsets(stack.kafka, topic('batch'))).get(0) ?? 0n;
      const calls = Array.from({ length: 200 }, (_, i) => sessions.produce(alice, [0, 1, 2].map((n) => record(topic('batch'), `${i}/${n}`, { partition: 0 }))));
      const results = (await Promise.all(calls)).flat();
      const offsets = results.map((result) => (result.kind === 'stored' ? result.offset : -1n));
      expect(offsets).toEqual(Array.from({ length: 600 }, (_, i) => first + BigInt(i)));
    });

    it('stores the good and fails the too large, in one call and in concurrent ones', async () => {
      const large = Buffer.alloc(1_500_000, 'x');
      const mixed = await sessions.produce(alice, [record(topic('open'), 'a', { partition: 1 }), record(topic('open'), large, { partition: 1 }), record(topic('open'), 'b', { partition: 1 }), record(topic('open'), large)]);
      expect(outcomes(mixed)).toEqual(['stored', 'RECORD_TOO_LARGE', 'stored', 'RECORD_TOO_LARGE']);
    });

    it('splits a flush that a topic with a small limit refuses', async () => {
      const calls = Array.from({ length: 30 }, (_, i) => sessions.produce(alice, [record(topic('small'), Buffer.alloc(i === 7 ? 30_000 : 5_000, 'x'))]));
      const results = (await Promise.all(calls)).flatMap((call) => outcomes(call));
      expect(results).toEqual(Array.from({ length: 30 }, (_, i) => (i === 7 ? 'RECORD_TOO_LARGE' : 'stored')));
      expect(total(await endOffsets(stack.kafka, topic('small')))).toBe(29n);
    });

    it('carries 20 callers with 200 kB each to one partition, well over one broker limit', async () => {
      const calls = Array.from({ length: 20 }, () => sessions.produce(alice, Array.from({ length: 20 }, () => record(topic('batch'), Buffer.alloc(10_000, 'x'), { partition: 0 }))));
      const results = (await Promise.all(calls)).flatMap((call) => outcomes(call));
      expect(results).toHaveLength(400);
      expect(new Set(results)).toEqual(new Set(['stored']));
    });

    it('stores 50,000 records of one call without holding the event loop', async () => {
      const before = total(await endOffsets(stack.kafka, topic('batch')));
      const records = Array.from({ length: 50_000 }, () => record(topic('batch'), '0123456789', { partition: 0 }));
      const shares: number[] = [];
      // One piece of work would hold it for nearly all of that time, each time; what else the machine does comes and goes.
      while (shares.length < 3 && !shares.some((share) => share < 1 / 3)) {
        let results: readonly unknown[] = [];
        const startedAt = performance.now();
        const stall = await longestStall(async () => {
          const stored = await sessions.produce(alice, records);
          results = outcomes(stored).filter((outcome) => outcome === 'stored');
        });
        shares.push(stall / (performance.now() - startedAt));
        expect(results).toHaveLength(50_000);
      }
      expect(Math.min(...shares)).toBeLessThan(1 / 3);
      expect(total(await endOffsets(stack.kafka, topic('batch')))).toBe(before + BigInt(shares.length) * 50_000n);
    });

    it('follows a topic that is deleted and created again', async () => {
      const name = topic('new-again');
      const other = (): Promise<string[]> => sessions.produce(alice, [record(topic('open'), 'o')]).then(outcomes);
      expect(outcomes(await sessions.produce(alice, [record(name, '0')]))).toEqual(['UNKNOWN_TOPIC']);
      await stack.kafka.createTopics({ name });
      await expect.poll(async () => outcomes(await sessions.produce(alice, [record(name, '1')])), { timeout: 3_000 }).toEqual(['stored']);
      await stack.kafka.tool('topics', ['--delete', '--topic', name]);
      await expect.poll(async () => outcomes(await sessions.produce(alice, [record(name, '2')])), { timeout: 5_000 }).toEqual(['UNKNOWN_TOPIC']);
      expect(await other()).toEqual(['stored']);
      await stack.kafka.createTopics({ name, partitions: 3 });
      await expect.poll(async () => outcomes(await sessions.produce(alice, [record(name, '3', { partition: 2 })])), { timeout: 5_000 }).toEqual(['stored']);
      expect(await other()).toEqual(['stored']);
    });

    it('finds a partition that was added a moment ago', async () => {
      const name = topic('new-grown');
      await stack.kafka.createTopics({ name });
      expect(outcomes(await sessions.produce(alice, [record(name, '1', { partition: 1 })]))).toEqual(['UNKNOWN_PARTITION']);
      await stack.kafka.tool('topics', ['--alter', '--topic', name, '--partitions', '2']);
      await expect.poll(async () => outcomes(await sessions.produce(alice, [record(name, '2', { partition: 1 })])), { timeout: 3_000 }).toEqual(['stored']);
    });

    it('refuses a call that would overfill the buffer, before anything is sent', async () => {
      const before = total(await endOffsets(stack.kafka, topic('batch')));
      const records = Array.from({ length: 700 }, () => record(topic('batch'), Buffer.alloc(100_000)));
      await expect(sessions.produce(alice, records)).rejects.toMatchObject({ code: 'BUFFER_FULL' });
      expect(total(await endOffsets(stack.kafka, topic('batch')))).toBe(before);
    });
  });
};
