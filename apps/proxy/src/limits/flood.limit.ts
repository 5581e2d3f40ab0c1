import { isIPv6 } from 'node:net';
import { LRUCache } from 'lru-cache';

interface Bucket {
  tokens: number;
  at: number;
}

/** One source: an IPv4 address, or an IPv6 /64, because one machine owns a whole /64. */
export const sourceOf = (address: string | undefined): string => {
  if (address === undefined) return 'unknown';
  if (address.startsWith('::ffff:')) return address.slice(7);
  return isIPv6(address) ? `${expand(address).slice(0, 4).join(':')}::/64` : address;
};

const expand = (address: string): string[] => {
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: tail === undefined ? 0 : 8 - left.length - right.length }, () => '0');
  return [...left, ...zeros, ...right];
};

/** A token bucket for each source address, before anything costs (I3). Bounded: a source that was not seen for long starts full. */
export class FloodLimit {
  readonly #buckets = new LRUCache<string, Bucket>({ max: 10_000 });

  constructor(
    private readonly limits: () => { readonly floodPerSecond: number; readonly floodBurst: number },
    private readonly now: () => number = () => performance.now(),
  ) {}

  admits(source: string): boolean {
    const { floodPerSecond, floodBurst } = this.limits();
    const now = this.now();
    const bucket = this.#buckets.get(source);
    if (bucket === undefined) {
      this.#buckets.set(source, { tokens: floodBurst - 1, at: now });
      return true;
    }
    bucket.tokens = Math.min(floodBurst, bucket.tokens + ((now - bucket.at) / 1_000) * floodPerSecond);
    bucket.at = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }
}
