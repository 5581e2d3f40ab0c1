import { describe, expect, it } from 'vitest';
import { ManualTime, settle } from '../testing/manual-time.js';
import { Turns } from './turns.js';

describe('turns on one consumer', () => {
  const setUp = () => {
    const time = new ManualTime();
    const turns = new Turns(time);
    const ran: string[] = [];
    const slow = Promise.withResolvers<string>();
    const first = turns.take(1_000, () => {
      ran.push('first');
      return slow.promise;
    });
    const take = (name: string, patienceMs = 1_000): Promise<string> =>
      turns.take(patienceMs, async () => {
        ran.push(name);
        return name;
      });
    return { time, ran, slow, first, take };
  };

  it('come one after the other, in order', async () => {
    const { ran, slow, first, take } = setUp();
    const others = Promise.all([take('second'), take('third')]);
    await settle();
    expect(ran).toEqual(['first']);
    slow.resolve('first');
    expect([await first, ...(await others)]).toEqual(['first', 'second', 'third']);
    expect(ran).toEqual(['first', 'second', 'third']);
  });

  it('are passed over when they come too late, and the next one still waits for the one under way', async () => {
    const { time, ran, slow, first, take } = setUp();
    const impatient = expect(take('second', 500)).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    const patient = take('third', 5_000);
    await time.pass(600);
    await impatient;
    expect(ran).toEqual(['first']);
    slow.resolve('first');
    await first;
    expect(await patient).toBe('third');
    expect(ran).toEqual(['first', 'third']);
  });

  it('go on after one that failed', async () => {
    const { slow, first, take } = setUp();
    const second = take('second');
    slow.reject(new Error('broken'));
    await expect(first).rejects.toThrow('broken');
    expect(await second).toBe('second');
  });
});
