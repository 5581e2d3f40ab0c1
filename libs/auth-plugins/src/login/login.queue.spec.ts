import { describe, expect, it } from 'vitest';
import { createFailureBudget } from './failure.budget.js';
import { createLoginQueue } from './login.queue.js';

const OWNER = '10.0.0.9';
const HOME = '10.0.0.8';

/** A budget of two, a queue of five seconds, and a clock that moves when it is told to. */
const made = (settings: object = {}) => {
  let now = 0;
  const timers = new Set<{ readonly at: number; readonly act: () => void }>();
  const budget = createFailureBudget({ lockoutThreshold: 5, windowSeconds: 300, replicas: 1, clock: { now: () => now } });
  const queue = createLoginQueue({
    budget,
    patienceMs: 5_000,
    after: (ms, act) => {
      const timer = { at: now + ms, act };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    ...settings,
  });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const later = async (ms: number) => {
    now += ms;
    for (const timer of timers) {
      if (timer.at > now) continue;
      timers.delete(timer);
      timer.act();
    }
    await settle();
  };
  /** Two guesses from two places. */
  const spend = async () => {
    for (const source of ['10.0.1.1', '10.0.1.2']) expect((await queue.admit('alice', source)).kind).toBe('go');
  };
  /** A login whose end can be looked at without waiting for it. */
  const login = (source: string, name = 'alice') => {
    const state = { ended: 'waits' };
    void queue.admit(name, source).then((answer) => (state.ended = answer.kind));
    return state;
  };
  return { queue, later, settle, spend, login, timers };
};

describe('logins of a name whose budget guesses have spent', () => {
  it('wait, and are refused with Retry-After at the end of their patience', async () => {
    const { queue, later, spend } = made();
    await spend();
    const waiting = queue.admit('alice', HOME);
    await later(4_999);
    expect(await Promise.race([waiting, Promise.resolve('waits')])).toBe('waits');
    await later(1);
    expect(await waiting).toEqual({ kind: 'spent', of: 'name', retryAfterSeconds: 295 });
  });
  it('go on when the owner gets in from the place that last succeeded, which is never made to wait', async () => {
    const { queue, spend, login, settle } = made();
    queue.succeeded('alice', OWNER);
    await spend();
    const elsewhere = login(HOME);
    const owner = login(OWNER);
    await settle();
    expect([elsewhere.ended, owner.ended]).toEqual(['waits', 'go']);
    queue.succeeded('alice', OWNER);
    await settle();
    expect(elsewhere.ended).toBe('go');
  });
  it('go on, the first first, no more of them than the budget has become free', async () => {
    const { queue, spend, login, settle } = made();
    await spend();
    const all = ['10.0.2.1', '10.0.2.2', '10.0.2.3', '10.0.2.4'].map((source) => login(source));
    await settle();
    queue.giveBack('alice', '10.0.1.1');
    await settle();
    expect(all.map(({ ended }) => ended)).toEqual(['go', 'waits', 'waits', 'waits']);
    queue.succeeded('alice', '10.0.2.1');
    await settle();
    expect(all.map(({ ended }) => ended)).toEqual(['go', 'go', 'go', 'waits']);
  });
  it('go on when the window ends before their patience', async () => {
    const { spend, login, later, settle } = made();
    await spend();
    await later(299_000);
    const waiting = login(HOME);
    await settle();
    expect(waiting.ended).toBe('waits');
    await later(1_000);
    expect(waiting.ended).toBe('go');
  });
  it('wait in whatever spelling, and other names do not', async () => {
    const { spend, login, settle } = made();
    await spend();
    const [shouted, other] = [login(HOME, 'ALICE'), login(HOME, 'bob')];
    await settle();
    expect([shouted.ended, other.ended]).toEqual(['waits', 'go']);
  });
  it('are refused at once where too many wait already, for the name or in all', async () => {
    const { spend, login, settle } = made({ mostPerName: 2 });
    await spend();
    const three = ['10.0.2.1', '10.0.2.2', '10.0.2.3'].map((source) => login(source));
    await settle();
    expect(three.map(({ ended }) => ended)).toEqual(['waits', 'waits', 'spent']);
    const few = made({ most: 1 });
    await few.spend();
    const two = ['10.0.2.1', '10.0.2.2'].map((source) => few.login(source));
    await few.settle();
    expect(two.map(({ ended }) => ended)).toEqual(['waits', 'spent']);
  });
  it('from a source that is spent by itself are refused at once', async () => {
    const { queue, login, settle } = made();
    for (let n = 0; n < 2; n += 1) await queue.admit('alice', HOME);
    const again = login(HOME);
    await settle();
    expect(again.ended).toBe('spent');
  });
  it('leave no timer behind', async () => {
    const { queue, spend, login, settle, later, timers } = made();
    await spend();
    login(HOME);
    await settle();
    expect(timers.size).toBe(1);
    queue.succeeded('alice', OWNER);
    await settle();
    expect(timers.size).toBe(0);
    await later(10_000);
  });
});
