import type { KeyObject } from 'node:crypto';
import { Unavailable } from '../contract/outcome.js';
import type { Clock } from '../contract/plugin.js';
import type { FetchJwks } from './jwks.fetch.js';
import { readJwks, type KeySet, type SignatureAlgorithm } from './jwks.shape.js';

/** An issuer's verification keys, kept through its outages. */
export interface KeyStore {
  /**
   * @param algorithm default RS256
   * @returns the key, or null when the issuer certainly publishes none under this `kid` for that algorithm
   * @throws Unavailable when that could not be learnt: never a reason to call a token wrong
   */
  keyFor(kid: string, algorithm?: SignatureAlgorithm): Promise<KeyObject | null>;
  /** Fetches once, whatever the age; never throws. For the start, the hourly timer and probes. */
  refresh(): Promise<void>;
  state(): 'up' | 'down' | 'unknown';
}

export interface KeyStoreOptions {
  readonly fetch: FetchJwks;
  readonly clock: Clock;
  /** Keys for others are left out of the set. Default: RS256 alone. */
  readonly algorithms?: readonly SignatureAlgorithm[];
  /** Told of a failed refresh: a code of ours, no text of the issuer's. */
  readonly onRefused?: (code: string) => void;
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 3_000;
/** Between two fetches that an unknown `kid` may cause: random kids cost the issuer at most one request in this time. */
const COOL_DOWN_MS = 30_000;
/** I14: a key that its issuer withdrew is not believed longer than this while the issuer answers. */
const REFRESH_AFTER_MS = 3_600_000;
/** How long the last good set outlives an outage. */
const KEEP_MS = 24 * 3_600_000;

/** @returns a store that has fetched nothing yet */
export const createKeyStore = ({ fetch, clock, algorithms = ['RS256'], onRefused = () => undefined, timeoutMs = TIMEOUT_MS }: KeyStoreOptions): KeyStore => {
  let known: { readonly keys: KeySet; readonly at: number } | null = null;
  let attempt: { readonly at: number; readonly succeeded: boolean } | null = null;
  /** The last fetch that a caller's `kid` caused. */
  let askedAt: number | null = null;
  let fetching: Promise<void> | null = null;

  const fetchOnce = async (): Promise<void> => {
    const at = clock.now();
    let succeeded = false;
    try {
      const reading = readJwks(await fetch(AbortSignal.timeout(timeoutMs)), algorithms);
      if (reading.kind === 'keys') {
        known = { keys: reading.keys, at };
        succeeded = true;
      } else onRefused(reading.why);
    } catch {
      onRefused('fetch-failed');
    }
    attempt = { at, succeeded };
  };
  // Single flight: a herd of cold requests costs the issuer one.
  const refresh = (): Promise<void> => (fetching ??= fetchOnce().finally(() => (fetching = null)));
  // Fetches by the clock do not count: a key that was made a moment after one of them must not wait for the cool-down.
  const mayAsk = (): boolean => askedAt === null || clock.now() - askedAt >= COOL_DOWN_MS;
  const ask = (): Promise<void> => {
    askedAt = clock.now();
    return refresh();
  };
  const current = (): { readonly keys: KeySet; readonly at: number } | null => (known !== null && clock.now() - known.at <= KEEP_MS ? known : null);

  return {
    keyFor: async (kid, algorithm = 'RS256') => {
      const isMissing = current()?.keys.has(kid) !== true;
      const isOld = known !== null && clock.now() - known.at >= REFRESH_AFTER_MS;
      const asked = (isMissing || isOld) && mayAsk() ? ask() : fetching;
      // In an outage a key that is known is used without waiting for the next attempt to fail.
      if (asked !== null && (isMissing || (isOld && attempt?.succeeded !== false))) await asked;
      const set = current();
      if (set === null) throw new Unavailable('keys');
      const key = set.keys.get(kid);
      if (key !== undefined) return key.algorithms.includes(algorithm) ? key.key : null;
      // The set may be behind: only an answer of the issuer makes "no such key" certain.
      if (attempt !== null && !attempt.succeeded) throw new Unavailable('keys');
      return null;
    },
    refresh,
    state: () => (current() !== null ? 'up' : attempt === null ? 'unknown' : 'down'),
  };
};
