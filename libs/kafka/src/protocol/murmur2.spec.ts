import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { murmur2, partitionOfKey } from './murmur2.js';

/** 10,000 keys, and what the Java client makes of them (stack/kafka/PartitionVectors.java, Kafka 4.3.1). */
const javaVectors = (): { readonly key: Buffer; readonly hash: number }[] => {
  const hashes = Buffer.from(readFileSync(new URL('murmur2.vectors.txt', import.meta.url), 'utf8'), 'base64');
  let state = 2_011;
  const next = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0) >>> 24;
  return Array.from({ length: hashes.length / 4 }, (_, i) => ({ key: Buffer.from(Array.from({ length: i % 97 }, next)), hash: hashes.readInt32BE(i * 4) }));
};

describe('murmur2', () => {
  // The vectors of Apache Kafka's own UtilsTest.testMurmur2.
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('of %s is %i', (key, hash) => {
    expect(murmur2(Buffer.from(key))).toBe(hash);
  });

  it("is the Java client's for 10,000 keys of its own", () => {
    const vectors = javaVectors();
    expect(vectors).toHaveLength(10_000);
    expect(new Set(vectors.map(({ hash }) => hash)).size).toBeGreaterThan(9_000);
    expect(vectors.filter(({ key, hash }) => murmur2(key) !== hash)).toEqual([]);
    for (const size of [1, 2, 3, 6, 7, 100, 2_048]) expect(vectors.filter(({ key, hash }) => partitionOfKey(key, size) !== (hash & 0x7fffffff) % size)).toEqual([]);
  });

  it('chooses a partition within range also for negative hashes', () => {
    expect(partitionOfKey(Buffer.from('foobar'), 6)).toBe((-790332482 & 0x7fffffff) % 6);
    expect(partitionOfKey(Buffer.from(''), 6)).toBe((murmur2(Buffer.alloc(0)) & 0x7fffffff) % 6);
  });
});
