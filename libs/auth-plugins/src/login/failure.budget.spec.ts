import { describe, expect, it } from 'vitest';
import { createFailureBudget } from './failure.budget.js';

const budget = (settings: object = {}) => {
  let now = 1_800_000_000_000;
  const made = createFailureBudget({ lockoutThreshold: 10, windowSeconds: 300, replicas: 1, clock: { now: () => now }, ...settings });
  return { ...made, later: (seconds: number) => (now += seconds * 1000), tries: (name: string, source: string, times: number) => Array.from({ length: times }, () => made.take(name, source).kind) };
};

describe('the failure budget', () => {
  it('refuses one source after three failures, and says for how long', () => {
    const { tries, take, later } = budget();
    expect(tries('alice', '10.0.0.1', 4)).toEqual(['go', 'go', 'go', 'spent']);
    later(100);
    expect(take('alice', '10.0.0.1')).toEqual({ kind: 'spent', of: 'other', retryAfterSeconds: 200 });
  });
  it('stays under half of the lock-out threshold over all sources', () => {
    const { tries } = budget();
    const all = Array.from({ length: 20 }, (_, n) => tries('alice', `10.0.0.${n}`, 1)).flat();
    expect(all.filter((kind) => kind === 'go')).toHaveLength(5);
  });
  it('is shared by all replicas', () => {
    const { tries } = budget({ replicas: 5 });
    expect(tries('alice', '10.0.0.1', 2)).toEqual(['go', 'spent']);
  });
  it('counts guesses that come at the same time', () => {
    const { tries } = budget();
    expect(tries('alice', '10.0.0.1', 50).filter((kind) => kind === 'go')).toHaveLength(3);
  });
  it('lets the source in that last succeeded, whatever others guess', () => {
    const { tries, succeeded, take } = budget();
    succeeded('alice', '10.0.0.9');
    for (let n = 0; n < 20; n += 1) tries('alice', `10.0.1.${n}`, 3);
    expect(take('alice', '10.0.0.9').kind).toBe('go');
    expect(take('alice', '10.0.0.8').kind).toBe('spent');
  });
  it('says that it is the name alone which is spent, so that its logins may wait', () => {
    const { tries, take } = budget();
    for (let n = 0; n < 5; n += 1) tries('alice', `10.0.1.${n}`, 1);
    expect(take('alice', '10.0.0.8')).toEqual({ kind: 'spent', of: 'name', retryAfterSeconds: 300 });
  });
  it.each<readonly [number, number, number, number]>([
    // threshold, replicas, guesses let through from anywhere, and together with the owner's own wrong passwords
    [10, 1, 5, 8],
    [6, 1, 3, 5],
    [5, 1, 2, 4],
    [4, 1, 2, 3],
    [3, 1, 1, 2],
    [2, 1, 1, 1],
    [10, 2, 2, 4],
    [10, 5, 1, 1],
  ])('at a threshold of %i with %i replicas lets %i guesses through, and %i with the typing errors of the owner: fewer than lock the account', (lockoutThreshold, replicas, guesses, all) => {
    const { tries, succeeded } = budget({ lockoutThreshold, replicas });
    succeeded('alice', '10.0.0.9');
    const strangers = Array.from({ length: 20 }, (_, n) => tries('alice', `10.0.1.${n}`, 1)).flat().filter((kind) => kind === 'go').length;
    expect(strangers).toBe(guesses);
    const owner = tries('alice', '10.0.0.9', 20).filter((kind) => kind === 'go').length;
    expect(strangers + owner).toBe(all);
    expect((strangers + owner) * replicas).toBeLessThan(lockoutThreshold);
  });
  it('gives each of two spellings half, where they cannot be told to be one account', () => {
    const { tries, succeeded } = budget({ lockoutThreshold: 10, spellings: 2 });
    succeeded('alice', '10.0.0.9');
    const through = ['alice', 'a.archer'].flatMap((name) => Array.from({ length: 9 }, (_, n) => tries(name, `10.0.1.${n}`, 1)).flat()).filter((kind) => kind === 'go').length;
    expect(through + tries('alice', '10.0.0.9', 9).filter((kind) => kind === 'go').length).toBeLessThan(10);
  });
  it('runs its window from the last failure: Active Directory adds a failure to older ones until a whole window was quiet', () => {
    const { take, later } = budget({ lockoutThreshold: 4 });
    const through: number[] = [];
    for (let second = 0; second < 1_200; second += 10) {
      if (take('alice', `10.0.${second % 250}.1`).kind === 'go') through.push(second);
      later(10);
    }
    // Two at once, then none before a whole quiet window.
    expect(through).toEqual([0, 10, 310, 320, 620, 630, 930, 940]);
  });
  it('starts anew after a success, and after its window', () => {
    const { tries, succeeded, later } = budget();
    tries('alice', '10.0.0.1', 2);
    succeeded('alice', '10.0.0.1');
    expect(tries('alice', '10.0.0.1', 4)).toEqual(['go', 'go', 'go', 'spent']);
    later(300);
    expect(tries('alice', '10.0.0.1', 1)).toEqual(['go']);
  });
  it('is not spent by an outage', () => {
    const { take, giveBack } = budget();
    for (let n = 0; n < 10; n += 1) {
      expect(take('alice', '10.0.0.1').kind).toBe('go');
      giveBack('alice', '10.0.0.1');
    }
  });
  it.each([
    ['another case of the name', 'ALICE', '10.0.0.1'],
    ['a blank before it', ' alice', '10.0.0.1'],
    ['fullwidth letters', 'ａlice', '10.0.0.1'],
    ['an IPv4 address written as IPv6', 'alice', '::ffff:10.0.0.1'],
  ])('counts %s as the same', (_sentence, name, source) => {
    const { tries, take } = budget();
    tries('alice', '10.0.0.1', 3);
    expect(take(name, source).kind).toBe('spent');
  });
  it('counts an IPv6 network of 64 bits as one source, and the next one not', () => {
    const { tries, take } = budget();
    tries('alice', '2001:db8:0:1::1', 3);
    expect(take('alice', '2001:0db8:0000:0001:ffff::2').kind).toBe('spent');
    expect(take('alice', '2001:db8:0:2::1').kind).toBe('go');
  });
  it('counts by name alone while the source is not told', () => {
    const { tries, succeeded, take } = budget();
    expect(tries('alice', '', 6)).toEqual(['go', 'go', 'go', 'go', 'go', 'spent']);
    succeeded('bob', '');
    tries('bob', '', 5);
    expect(take('bob', '').kind).toBe('spent');
  });
  it('leaves other names alone', () => {
    const { tries, take } = budget();
    tries('alice', '10.0.0.1', 5);
    expect(take('bob', '10.0.0.1').kind).toBe('go');
  });
  it('never drops a count inside its window: spraying names does not reset a guess', () => {
    const { tries, take } = budget({ failuresPerSource: 1_000_000 });
    tries('alice', '10.0.0.1', 3);
    for (let n = 0; n < 60_000; n += 1) take(`name-${n}`, `10.${n % 250}.${(n >> 8) % 250}.1`);
    expect(take('alice', '10.0.0.1').kind).toBe('spent');
    expect(take('one more name', '10.9.9.9').kind).toBe('spent');
  });
  it('has room again when windows have ended', () => {
    const { take, later } = budget({ failuresPerSource: 1_000_000 });
    for (let n = 0; n < 50_000; n += 1) take(`name-${n}`, '10.0.0.1');
    expect(take('late', '10.0.0.2').kind).toBe('spent');
    later(301);
    expect(take('late', '10.0.0.2').kind).toBe('go');
  });
  it('bounds one source over all names, and a success pays for itself only', () => {
    const { take, succeeded } = budget({ failuresPerSource: 5 });
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    expect(names.map((name) => take(name, '10.0.0.1').kind)).toEqual(['go', 'go', 'go', 'go', 'go', 'spent']);
    succeeded('a', '10.0.0.1');
    expect([take('g', '10.0.0.1').kind, take('h', '10.0.0.1').kind, take('h', '10.0.0.2').kind]).toEqual(['go', 'spent', 'go']);
  });
  it('counts a name that the directory takes for another spelling', () => {
    const { tries } = budget();
    tries('alice', '10.0.0.1', 3);
    expect(tries('al\u0130ce', '10.0.0.1', 1)).toEqual(['spent']);
  });
});
