import { describe, expect, it } from 'vitest';
import { ManualTime } from '../testing/manual-time.js';
import { ConnectionBudget } from './connection.budget.js';

const setUp = (connections: number, connectionsPerPrincipal: number) => {
  const time = new ManualTime();
  const budget = new ConnectionBudget({ connections, connectionsPerPrincipal, connectsAtOnce: 100, connectsPerSecond: 1_000 }, time);
  const closing = new Map<string, (() => void)[]>();
  const open = async (principal: string): Promise<void> => {
    const made = budget.connect(principal, 1_000, async () => ({ onClose: (listener: () => void) => void closing.set(principal, [...(closing.get(principal) ?? []), listener]) }));
    made.catch(() => undefined);
    await time.pass(2);
    await made;
  };
  return { budget, open, close: (principal: string) => closing.get(principal)?.pop()?.() };
};

describe('the budget of connections', () => {
  it('counts a connection from its making to its end', async () => {
    const { budget, open, close } = setUp(10, 10);
    await open('a');
    await open('a');
    expect(budget.counts()).toEqual({ open: 2, connecting: 0, waiting: 0, refused: { process: 0, principal: 0 } });
    close('a');
    close('a');
    expect(budget.counts().open).toBe(0);
  });

  it('gives a place back that was not used', async () => {
    const { budget } = setUp(1, 1);
    await expect(budget.connect('a', 1_000, () => Promise.reject(new Error('unreachable')))).rejects.toThrow('unreachable');
    expect(budget.counts().open).toBe(0);
  });

  it('refuses one principal beyond its own, and nobody else', async () => {
    const { budget, open, close } = setUp(10, 2);
    await open('a');
    await open('a');
    await expect(open('a')).rejects.toMatchObject({ code: 'TOO_MANY_CONNECTIONS' });
    await open('b');
    close('a');
    await open('a');
    expect(budget.counts()).toMatchObject({ open: 3, refused: { process: 0, principal: 1 } });
  });

  it('when the process has all, asks for room first and then refuses', async () => {
    const { budget, open, close } = setUp(1, 10);
    await open('a');
    await expect(open('b')).rejects.toMatchObject({ code: 'TOO_MANY_SESSIONS' });
    budget.whenFull(() => (close('a'), true));
    await open('b');
    expect(budget.counts()).toMatchObject({ open: 1, refused: { process: 1 } });
  });
});
