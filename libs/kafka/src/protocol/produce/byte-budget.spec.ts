import { describe, expect, it } from 'vitest';
import { ByteBudget } from './byte-budget.js';

describe('a byte budget', () => {
  it('is taken whole or not at all', () => {
    const budget = new ByteBudget(10);
    expect(budget.tryTake(6)).toBe(true);
    expect(budget.tryTake(5)).toBe(false);
    expect(budget.used).toBe(6);
    expect(budget.tryTake(4)).toBe(true);
  });

  it('of a session counts against that of the process, and neither keeps what the other refused', () => {
    const process = new ByteBudget(10);
    const alice = new ByteBudget(8, process);
    const bob = new ByteBudget(8, process);
    expect([alice.tryTake(8), bob.tryTake(3), bob.tryTake(2)]).toEqual([true, false, true]);
    alice.give(8);
    expect([process.used, alice.used, bob.used]).toEqual([2, 0, 2]);
    expect(alice.tryTake(9)).toBe(false);
    expect(process.used).toBe(2);
  });
});
