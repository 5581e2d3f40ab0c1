import { LRUCache } from 'lru-cache';
import { sourceNetworkOf } from '@postern/auth-plugins';

interface Bucket {
  tokens: number;
  at: number;
}

const UNKNOWN = 'unknown';

/** A socket that its peer has closed meanwhile has no address. */
export const sourceOf = (address: string | undefined): string => (address === undefined ? UNKNOWN : sourceNetworkOf(address));

/** As failed logins are counted (I28): who has no source must not pass for a source that others without one share. */
export const toldSource = (source: string): string => (source === UNKNOWN ? '' : source);

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
