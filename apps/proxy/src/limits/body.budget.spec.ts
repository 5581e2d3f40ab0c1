import { describe, expect, it } from 'vitest';
import { BodyBudget } from './body.budget.js';

describe('the budget of request bodies', () => {
  it('bounds one principal, and all together, and takes back what ended', () => {
    const budget = new BodyBudget(() => ({ bodiesBytes: 10, bodiesBytesPerPrincipal: 6 }));
    expect([budget.tryTake('a', 6), budget.tryTake('a', 1), budget.tryTake('b', 4), budget.tryTake('c', 1)]).toEqual([true, false, true, false]);
    budget.give('a', 6);
    expect([budget.tryTake('c', 6), budget.tryTake('a', 1)]).toEqual([true, false]);
  });
});
