import { describe, expect, it } from 'vitest';
import { murmur2, partitionOfKey } from './murmur2.js';

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

  it('chooses a partition within range also for negative hashes', () => {
    expect(partitionOfKey(Buffer.from('foobar'), 6)).toBe((-790332482 & 0x7fffffff) % 6);
    expect(partitionOfKey(Buffer.from(''), 6)).toBe((murmur2(Buffer.alloc(0)) & 0x7fffffff) % 6);
  });
});
