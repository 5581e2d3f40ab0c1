import { LRUCache } from 'lru-cache';
import type { Clock } from '../contract/plugin.js';

export interface FailureBudgetOptions {
  /** Bad passwords after which the directory locks the account, and how long it counts them. */
  readonly lockoutThreshold: number;
  readonly windowSeconds: number;
  readonly replicas: number;
  readonly clock: Clock;
}

/** May a login of this name from this source be put to the directory now? */
export type BudgetAnswer = { readonly kind: 'go' } | { readonly kind: 'spent'; readonly retryAfterSeconds: number };

/** I28: guesses over HTTP must not lock an account in the directory, nor one source lock another out of it. */
export interface FailureBudget {
  /** Charged at once: fifty guesses at the same time must not all be let through before the first one fails. */
  readonly take: (loginName: string, source: string) => BudgetAnswer;
  /** The login was right: the name starts anew. */
  readonly succeeded: (loginName: string, source: string) => void;
  /** The directory did not say: nothing was guessed. */
  readonly giveBack: (loginName: string, source: string) => void;
}

interface Count {
  readonly since: number;
  readonly failures: number;
}

const MAX_NAMES = 50_000;
/** A source that was not told is nobody's: it neither counts by itself nor passes for the one that last succeeded. */
const UNKNOWN = '';

/**
 * Two counts in a fixed window: by (name, source), and by name over all sources; the latter is half the lock-out
 * threshold shared by all replicas. The source that last succeeded passes the second one: an attacker elsewhere must
 * not be able to keep the real owner out.
 */
export const createFailureBudget = ({ lockoutThreshold, windowSeconds, replicas, clock }: FailureBudgetOptions): FailureBudget => {
  const nameLimit = Math.max(1, Math.floor(lockoutThreshold / (2 * replicas)));
  const sourceLimit = Math.max(1, Math.min(3, nameLimit));
  const byName = new LRUCache<string, Count>({ max: MAX_NAMES });
  const bySource = new LRUCache<string, Count>({ max: MAX_NAMES });
  const lastGood = new LRUCache<string, string>({ max: MAX_NAMES });

  const current = (counts: LRUCache<string, Count>, key: string): Count | null => {
    const count = counts.get(key);
    return count !== undefined && clock.now() - count.since < windowSeconds * 1000 ? count : null;
  };
  const add = (counts: LRUCache<string, Count>, key: string, failures: 1 | -1): void => {
    const count = current(counts, key);
    counts.set(key, { since: count?.since ?? clock.now(), failures: Math.max(0, (count?.failures ?? 0) + failures) });
  };
  const spent = ({ since }: Count): BudgetAnswer => ({ kind: 'spent', retryAfterSeconds: Math.max(1, Math.ceil((since + windowSeconds * 1000 - clock.now()) / 1000)) });

  return {
    take: (loginName, source) => {
      const [name, place] = [normalName(loginName), normalSource(source)];
      const here = current(bySource, pair(name, place));
      if (place !== UNKNOWN && here !== null && here.failures >= sourceLimit) return spent(here);
      const all = current(byName, name);
      if (all !== null && all.failures >= nameLimit && (place === UNKNOWN || lastGood.get(name) !== place)) return spent(all);
      add(byName, name, 1);
      add(bySource, pair(name, place), 1);
      return { kind: 'go' };
    },
    succeeded: (loginName, source) => {
      const [name, place] = [normalName(loginName), normalSource(source)];
      byName.delete(name);
      bySource.delete(pair(name, place));
      lastGood.set(name, place);
    },
    giveBack: (loginName, source) => {
      const [name, place] = [normalName(loginName), normalSource(source)];
      add(byName, name, -1);
      add(bySource, pair(name, place), -1);
    },
  };
};

const pair = (name: string, place: string): string => `${name.length}:${name}${place}`;

/** Directories match names without case and compatibility forms: "ALICE" counts as "alice". */
const normalName = (name: string): string => name.normalize('NFKC').trim().toLowerCase();

/** One IPv6 subscriber owns a /64 and could count from zero 2^64 times. */
const normalSource = (source: string): string => {
  if (!source.includes(':')) return source;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(source)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = '', tail = ''] = source.split('%', 1)[0]?.split('::') ?? [];
  const front = head === '' ? [] : head.split(':');
  const back = tail === '' ? [] : tail.split(':');
  const groups = source.includes('::') ? [...front, ...Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => '0'), ...back] : front;
  return groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16)).join(':');
};
