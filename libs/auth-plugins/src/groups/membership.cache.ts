import { LRUCache } from 'lru-cache';
import type { Clock } from '../contract/plugin.js';
import type { Groups } from '../contract/principal.js';
import { keyOf } from '../runner/principal.key.js';
import type { AskMembership, GroupSource, GroupSubject, MembershipAnswer } from './group.source.js';

export interface MembershipCacheOptions {
  readonly ask: AskMembership;
  readonly clock: Clock;
  readonly cacheSeconds: number;
  readonly negativeSeconds: number;
  readonly graceSeconds: number;
  /** Told of each question that was not answered. */
  readonly onUnanswered?: (answer: Exclude<MembershipAnswer, { readonly kind: 'answered' }>) => void;
}

/** One answer about one subject. The group states are made once, so that equal answers are one object. */
interface Entry {
  readonly at: number;
  readonly isMember: boolean;
  readonly known: Groups;
  readonly stale: Groups;
}

const MAX_ENTRIES = 20_000;
/** Questions under way at one time; whoever comes beyond them is answered as while the directory is away. */
const MAX_FLIGHTS = 500;
/** After a failure without Retry-After, and after a refusal, nobody asks for this long. */
const REST_AWAY_SECONDS = 1;
const REST_REFUSED_SECONDS = 15;

/**
 * Memberships by (tenant, object), asked for once by however many requests. While the directory is away a membership
 * that was true lives on for the grace; what was not known to be true is `unknown`, so that no old "not a member" lets
 * anyone past a deny rule. A refusal of our own rights has no grace: it ends when it is mended.
 */
export const createMembershipCache = ({ ask, clock, cacheSeconds, negativeSeconds, graceSeconds, onUnanswered }: MembershipCacheOptions): GroupSource => {
  let entries = new LRUCache<string, Entry>({ max: MAX_ENTRIES });
  let flights = new Map<string, Promise<Groups>>();
  let rest: { readonly until: number; readonly reason: 'away' | 'refused' } = { until: 0, reason: 'away' };

  const ageOf = ({ at }: Entry): number => {
    const age = clock.now() - at;
    // A clock that went back makes an answer old, not young.
    return age < 0 ? Infinity : age / 1000;
  };
  const unanswered = (entry: Entry | undefined, reason: 'away' | 'refused'): Groups =>
    entry !== undefined && reason === 'away' && entry.isMember && ageOf(entry) < cacheSeconds + graceSeconds ? entry.stale : { kind: 'unknown' };

  const fly = async (subject: GroupSubject, key: string, store: LRUCache<string, Entry>): Promise<Groups> => {
    const at = clock.now();
    const answer = await ask(subject);
    if (answer.kind === 'answered') {
      const entry: Entry = { at, isMember: answer.ids.length > 0, known: { kind: 'known', ids: answer.ids }, stale: { kind: 'at-least', ids: answer.ids } };
      store.set(key, entry);
      return entry.known;
    }
    onUnanswered?.(answer);
    const seconds = answer.kind === 'refused' ? REST_REFUSED_SECONDS : (answer.retryAfterSeconds ?? REST_AWAY_SECONDS);
    rest = { until: clock.now() + seconds * 1000, reason: answer.kind };
    return unanswered(store.get(key), answer.kind);
  };

  return {
    groupsOf: async (subject) => {
      const key = keyOf([subject.tenant, subject.objectId, subject.kind]);
      const entry = entries.get(key);
      if (entry !== undefined && ageOf(entry) < (entry.isMember ? cacheSeconds : negativeSeconds)) return entry.known;
      const underWay = flights.get(key);
      if (underWay !== undefined) return underWay;
      if (clock.now() < rest.until) return unanswered(entry, rest.reason);
      if (flights.size >= MAX_FLIGHTS) return unanswered(entry, 'away');
      const flown = flights;
      const flight = fly(subject, key, entries).finally(() => flown.delete(key));
      flown.set(key, flight);
      return flight;
    },
    // New maps: a flight that began before keeps writing to the old ones.
    forget: () => {
      entries = new LRUCache({ max: MAX_ENTRIES });
      flights = new Map();
    },
  };
};
