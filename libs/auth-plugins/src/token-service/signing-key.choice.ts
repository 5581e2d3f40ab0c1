import { StartupError } from '../contract/startup.error.js';
import type { SigningKey } from './key-file.js';

const MARGIN_MS = 60_000;

/**
 * The key that signs at `now`: the one that became active last. A `next` key with an `activeAt` takes over by itself,
 * so that all replicas change at one moment and no reload is needed (I17). Null when none is active.
 */
export const signingKeyAt = (keys: readonly SigningKey[], now: number): SigningKey | null => {
  const active = keys.filter((key) => key.state !== 'retiring' && key.activeAt !== null && key.activeAt <= now && (key.retiredAt === null || now < key.retiredAt));
  return active.toSorted((a, b) => (b.activeAt ?? 0) - (a.activeAt ?? 0))[0] ?? null;
};

/** Whether a key that is published already begins to sign by itself: all that is missing is time. */
export const signsLater = (keys: readonly SigningKey[], now: number): boolean =>
  keys.some(({ state, activeAt, retiredAt }) => state !== 'retiring' && activeAt !== null && activeAt > now && (retiredAt === null || activeAt < retiredAt));

/** When brokers may be expected to have read a key, epoch ms: two of their refreshes and a minute after it was published (I17). */
export const earliestSignature = ({ publishedAt }: Pick<SigningKey, 'publishedAt'>, brokerRefreshSeconds: number): number => publishedAt + 2 * brokerRefreshSeconds * 1000 + MARGIN_MS;

/**
 * I17: brokers must have read a key before it signs, or they refuse every token for up to one refresh. The first key of
 * a cluster has nobody to surprise.
 * @throws StartupError that names the key and the earliest time
 */
export const assertPublishedLongEnough = (keys: readonly SigningKey[], brokerRefreshSeconds: number, clusterId: string): void => {
  const first = keys.toSorted((a, b) => a.publishedAt - b.publishedAt)[0];
  for (const key of keys) {
    const earliest = earliestSignature(key, brokerRefreshSeconds);
    if (key !== first && key.state !== 'retiring' && key.activeAt !== null && key.activeAt < earliest)
      throw new StartupError(`cluster '${clusterId}': key '${key.kid}' may not sign before ${new Date(earliest).toISOString()}, two broker refreshes and 60 s after it was published`);
  }
};
