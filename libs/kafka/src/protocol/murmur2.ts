const SEED = 0x9747b28c;
const M = 0x5bd1e995;

/**
 * Murmur2 as the Java client computes it over a record key (org.apache.kafka.common.utils.Utils.murmur2), as a signed
 * 32-bit number. Kafka's partitioner, other languages' clients and Kafka Streams co-partitioning all rest on it.
 */
export const murmur2 = (key: Uint8Array): number => {
  const length = key.length;
  const whole = length & ~3;
  let h = SEED ^ length;
  for (let i = 0; i < whole; i += 4) {
    let k = (key[i] as number) | ((key[i + 1] as number) << 8) | ((key[i + 2] as number) << 16) | ((key[i + 3] as number) << 24);
    k = Math.imul(k, M);
    k ^= k >>> 24;
    k = Math.imul(k, M);
    h = Math.imul(h, M) ^ k;
  }
  const rest = length & 3;
  if (rest > 2) h ^= (key[whole + 2] as number) << 16;
  if (rest > 1) h ^= (key[whole + 1] as number) << 8;
  if (rest > 0) h = Math.imul(h ^ (key[whole] as number), M);
  h ^= h >>> 13;
  h = Math.imul(h, M);
  h ^= h >>> 15;
  return h | 0;
};

/** Where the Java client's default partitioner puts a keyed record (Must 13): over all partitions, led or not. */
export const partitionOfKey = (key: Uint8Array, partitions: number): number => (murmur2(key) & 0x7fffffff) % partitions;
