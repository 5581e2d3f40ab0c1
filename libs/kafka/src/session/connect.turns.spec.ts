import { describe, expect, it } from 'vitest';
import { ManualTime, settle } from '../testing/manual-time.js';
import { ConnectTurns } from './connect.turns.js';

const setUp = (atOnce = 2, perSecond = 1_000) => {
  const time = new ManualTime();
  const turns = new ConnectTurns({ atOnce, perSecond }, time);
  const begun: string[] = [];
  /** A connection of a principal; `end` says that it is made. */
  const connect = (principal: string, patienceMs = 10_000) => {
    let end: () => void = () => undefined;
    const made = new Promise<void>((resolve) => (end = resolve));
    const done = turns.run(principal, patienceMs, () => {
      begun.push(principal);
      return made;
    });
    done.catch(() => undefined);
    return { end, done };
  };
  return { time, turns, begun, connect };
};

describe('the turns of connecting', () => {
  it('make no more at once than they may, and the next when one is made or has failed', async () => {
    const { time, turns, begun, connect } = setUp();
    const [a, b] = ['a', 'b', 'c', 'd'].map((name) => connect(name));
    await time.pass(10);
    expect([begun, turns.running, turns.waiting]).toEqual([['a', 'b'], 2, 2]);
    a?.end();
    await time.pass(10);
    expect(begun).toEqual(['a', 'b', 'c']);
    b?.end();
    await time.pass(10);
    expect([begun, turns.running, turns.waiting]).toEqual([['a', 'b', 'c', 'd'], 2, 0]);
  });

  it('go on after one that failed', async () => {
    const { time, turns, begun, connect } = setUp(1);
    await expect(turns.run('a', 1_000, () => Promise.reject(new Error('unreachable')))).rejects.toThrow('unreachable');
    connect('b').end();
    await time.pass(10);
    expect([begun, turns.running]).toEqual([['b'], 0]);
  });

  it('spread them over the second', async () => {
    const { time, begun, connect } = setUp(100, 200);
    for (let i = 0; i < 50; i++) connect(`p${i}`).end();
    await settle();
    expect(begun).toHaveLength(1);
    await time.pass(100);
    expect(begun).toHaveLength(21);
    await time.pass(1_000);
    expect(begun).toHaveLength(50);
  });

  it('go round the principals: the first of one comes before the second of another', async () => {
    const { time, begun, connect } = setUp(1);
    const greedy = Array.from({ length: 4 }, () => connect('greedy'));
    const modest = connect('modest');
    for (const one of [...greedy, modest]) {
      one.end();
      await time.pass(5);
    }
    expect(begun).toEqual(['greedy', 'greedy', 'modest', 'greedy', 'greedy']);
  });

  it('do not wait for a broker that does not answer', async () => {
    const { time, begun, connect } = setUp(1);
    connect('a');
    connect('b');
    await time.pass(249);
    expect(begun).toEqual(['a']);
    await time.pass(2);
    expect(begun).toEqual(['a', 'b']);
  });

  it('end in TOO_MANY_SESSIONS for who has waited too long, and leave nothing behind', async () => {
    const { time, turns, begun, connect } = setUp(1, 1);
    connect('a').end();
    const late = connect('b', 500);
    await time.pass(600);
    await expect(late.done).rejects.toMatchObject({ code: 'TOO_MANY_SESSIONS', detail: { retryAfterMs: 1_000 } });
    expect(turns.waiting).toBe(0);
    await time.pass(1_000);
    connect('c').end();
    await settle();
    expect([begun, turns.running]).toEqual([['a', 'c'], 0]);
  });
});
