import { describe, expect, it } from 'vitest';
import type { GroupSubject, MembershipAnswer } from './group.source.js';
import { createMembershipCache } from './membership.cache.js';

const GROUP = '5d1a5a51-0000-4000-8000-0000000000a1';
const subject = (objectId = 'o1', kind: GroupSubject['kind'] = 'application'): GroupSubject => ({ tenant: 't', objectId, kind });
const member: MembershipAnswer = { kind: 'answered', ids: [GROUP] };
const none: MembershipAnswer = { kind: 'answered', ids: [] };
const away: MembershipAnswer = { kind: 'away', code: 503, retryAfterSeconds: null };
const throttled: MembershipAnswer = { kind: 'away', code: 429, retryAfterSeconds: 40 };
const refused: MembershipAnswer = { kind: 'refused', code: 403 };

const MEMBER = { kind: 'known', ids: [GROUP] };
const NONE = { kind: 'known', ids: [] };
const STALE = { kind: 'at-least', ids: [GROUP] };
const UNKNOWN = { kind: 'unknown' };

const cacheOver = (first: MembershipAnswer) => {
  let now = 1_000_000;
  let answer = first;
  const asked: string[] = [];
  const unanswered: (string | number)[] = [];
  const cache = createMembershipCache({
    ask: async ({ objectId, kind }) => {
      asked.push(`${kind}:${objectId}`);
      return answer;
    },
    clock: { now: () => now }, cacheSeconds: 300, negativeSeconds: 60, graceSeconds: 900,
    onUnanswered: ({ code }) => unanswered.push(code),
  });
  return { cache, asked, unanswered, ask: (who = subject()) => cache.groupsOf(who), later: (seconds: number) => (now += seconds * 1000), becomes: (next: MembershipAnswer) => (answer = next) };
};

describe('memberships that a directory told', () => {
  const rows: readonly (readonly [string, MembershipAnswer, MembershipAnswer, number, object, number])[] = [
    ['a member is not asked for again within five minutes', member, none, 299, MEMBER, 1],
    ['a member who was removed is out after five minutes', member, none, 300, NONE, 2],
    ['a stranger is not asked for again within a minute', none, member, 59, NONE, 1],
    ['a stranger who was added is in after a minute', none, member, 60, MEMBER, 2],
    ['a member is still one, and no more than that, while the directory is away', member, away, 300, STALE, 2],
    ['a member is still one at the last second of the grace', member, away, 1_199, STALE, 2],
    ['a member is unknown after the grace', member, away, 1_200, UNKNOWN, 2],
    ['a stranger is unknown, not out, while the directory is away', none, away, 60, UNKNOWN, 2],
    ['a member has no grace when our own rights are refused', member, refused, 300, UNKNOWN, 2],
    ['a member has the grace when the directory has too much to do', member, throttled, 300, STALE, 2],
    ['an answer is old when the clock went back', member, none, -10, NONE, 2],
  ];
  it.each(rows)('%s', async (_sentence, first, then, seconds, expected, questions) => {
    const { ask, asked, later, becomes } = cacheOver(first);
    await ask();
    becomes(then);
    later(seconds);
    expect(await ask()).toEqual(expected);
    expect(asked).toHaveLength(questions);
  });

  it.each<readonly [string, MembershipAnswer, number]>([
    ['away', away, 1],
    ['throttled, for as long as it said', throttled, 40],
    ['refused', refused, 15],
  ])('nobody asks a directory that is %s before its rest is over', async (_sentence, answer, seconds) => {
    const { ask, asked, later } = cacheOver(answer);
    expect(await ask()).toEqual(UNKNOWN);
    later(seconds - 0.001);
    expect([await ask(), await ask(subject('o2'))]).toEqual([UNKNOWN, UNKNOWN]);
    expect(asked).toHaveLength(1);
    later(0.001);
    await ask();
    expect(asked).toHaveLength(2);
  });

  it('a stale member stays one during the rest', async () => {
    const { ask, later, becomes } = cacheOver(member);
    await ask();
    becomes(throttled);
    later(300);
    await ask();
    later(20);
    expect(await ask()).toEqual(STALE);
  });

  it('what was not answered is told, with its code', async () => {
    const { ask, later, becomes, unanswered } = cacheOver(throttled);
    await ask();
    becomes(refused);
    later(40);
    await ask();
    expect(unanswered).toEqual([429, 403]);
  });

  it('a herd asks once', async () => {
    const { ask, asked } = cacheOver(member);
    const answers = await Promise.all(Array.from({ length: 200 }, () => ask()));
    expect(new Set(answers)).toHaveProperty('size', 1);
    expect(asked).toHaveLength(1);
  });

  it('two subjects are two, and so are a person and an application of one id', async () => {
    const { ask, asked } = cacheOver(member);
    await Promise.all([ask(), ask(subject('o2')), ask(subject('o1', 'user'))]);
    expect(asked).toEqual(['application:o1', 'application:o2', 'user:o1']);
  });

  it('an answer that was under way when all was forgotten is not kept', async () => {
    const { ask, asked, cache, becomes } = cacheOver(member);
    const before = ask();
    cache.forget();
    becomes(none);
    expect(await ask()).toEqual(NONE);
    expect(await before).toEqual(MEMBER);
    expect(await ask()).toEqual(NONE);
    expect(asked).toHaveLength(2);
  });

  it('the five hundred and first question at one time is not asked', async () => {
    let answered = 0;
    const release = Promise.withResolvers<void>();
    const cache = createMembershipCache({ ask: async () => { answered += 1; await release.promise; return member; }, clock: { now: () => 1 }, cacheSeconds: 300, negativeSeconds: 60, graceSeconds: 0 });
    const flights = Array.from({ length: 500 }, (_, n) => cache.groupsOf(subject(`o${n}`)));
    expect(await cache.groupsOf(subject('one-more'))).toEqual(UNKNOWN);
    release.resolve();
    await Promise.all(flights);
    expect(answered).toBe(500);
  });
});
