import { LRUCache } from 'lru-cache';
import type { Clock } from '../contract/plugin.js';
import { sourceNetworkOf } from '../contract/source-network.js';
import { normalName } from './counted.name.js';
import { FailureCounts, type Count } from './failure.counts.js';

export interface FailureBudgetOptions {
  /** Bad passwords after which the directory locks the account, and how long it counts them. */
  readonly lockoutThreshold: number;
  readonly windowSeconds: number;
  readonly replicas: number;
  /** Failed logins of one source over all names within the window; default 500. */
  readonly failuresPerSource?: number;
  /** Names under which one account may be tried without its being known that they are one; default 1. */
  readonly spellings?: number;
  readonly clock: Clock;
}

/** May a login of this name from this source be put to the directory now? */
export type BudgetAnswer =
  | { readonly kind: 'go' }
  /** `of` the name alone: any login of it waits, because the owner's own success would free it. */
  | { readonly kind: 'spent'; readonly of: 'name' | 'other'; readonly retryAfterSeconds: number };

/** I28: guesses over HTTP must not lock an account in the directory, nor one source lock another out of it. */
export interface FailureBudget {
  /** Charged at once: fifty guesses at the same time must not all be let through before the first one fails. */
  readonly take: (loginName: string, source: string) => BudgetAnswer;
  /** The login was right: the name starts anew. */
  readonly succeeded: (loginName: string, source: string) => void;
  /** The directory did not say: nothing was guessed. */
  readonly giveBack: (loginName: string, source: string) => void;
}

const MAX_NAMES = 50_000;
const MAX_SOURCES = 50_000;
/** A source that was not told is nobody's: it neither counts by itself nor passes for the one that last succeeded. */
const UNKNOWN = '';

/**
 * Three counts: by (name, source); by name over all sources, which is half the lock-out threshold shared by all replicas;
 * and by source over all names, against one password sprayed over many names. The source that last succeeded passes the
 * second one, up to one failure short of the threshold: an attacker elsewhere must not be able to keep the real owner
 * out, nor the owner's own typing errors to lock the account.
 */
export const createFailureBudget = ({ lockoutThreshold, windowSeconds, replicas, failuresPerSource = 500, spellings = 1, clock }: FailureBudgetOptions): FailureBudget => {
  const windowMs = windowSeconds * 1000;
  const nameLimit = Math.max(1, Math.floor(lockoutThreshold / (2 * replicas * spellings)));
  const ownerLimit = Math.max(1, Math.floor((lockoutThreshold - 1) / (replicas * spellings)));
  const pairLimit = Math.max(1, Math.min(3, nameLimit));
  const byName = new FailureCounts(windowMs, MAX_NAMES, clock);
  const byPair = new FailureCounts(windowMs, MAX_NAMES, clock);
  const bySource = new FailureCounts(windowMs, MAX_SOURCES, clock);
  const lastGood = new LRUCache<string, string>({ max: MAX_NAMES });

  const spent = ({ since }: Count, of: 'name' | 'other'): BudgetAnswer => ({ kind: 'spent', of, retryAfterSeconds: Math.max(1, Math.ceil((since + windowMs - clock.now()) / 1000)) });

  return {
    take: (loginName, source) => {
      const [name, place] = [normalName(loginName), sourceNetworkOf(source)];
      const key = pair(name, place);
      const here = byPair.current(key);
      if (place !== UNKNOWN && here !== null && here.failures >= pairLimit) return spent(here, 'other');
      const all = byName.current(name);
      const limit = place !== UNKNOWN && lastGood.get(name) === place ? ownerLimit : nameLimit;
      if (all !== null && all.failures >= limit) return spent(all, 'name');
      const sprayed = bySource.current(place);
      if (place !== UNKNOWN && sprayed !== null && sprayed.failures >= failuresPerSource) return spent(sprayed, 'other');
      const full = byName.full(name) ?? byPair.full(key) ?? bySource.full(place);
      if (full !== null) return spent(full, 'other');
      byName.add(name, 1);
      byPair.add(key, 1);
      bySource.add(place, 1);
      return { kind: 'go' };
    },
    succeeded: (loginName, source) => {
      const [name, place] = [normalName(loginName), sourceNetworkOf(source)];
      byName.delete(name);
      byPair.delete(pair(name, place));
      // Its own charge alone: one good login does not pay for guesses at other names.
      bySource.add(place, -1);
      lastGood.set(name, place);
    },
    giveBack: (loginName, source) => {
      const [name, place] = [normalName(loginName), sourceNetworkOf(source)];
      byName.add(name, -1);
      byPair.add(pair(name, place), -1);
      bySource.add(place, -1);
    },
  };
};

const pair = (name: string, place: string): string => `${name.length}:${name}${place}`;
