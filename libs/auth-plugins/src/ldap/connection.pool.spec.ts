import { describe, expect, it } from 'vitest';
import { createConnectionPool } from './connection.pool.js';
import { DirectoryFailure, type DirectoryConnection } from './directory.driver.js';

class MadeConnection implements DirectoryConnection {
  isOpen = true;
  bind = () => Promise.resolve({ kind: 'bound' } as const);
  search = () => Promise.resolve({ kind: 'entries', entries: [] } as const);
  destroy() {
    this.isOpen = false;
  }
}
const pool = ({ size = 2, waiting = 2 } = {}) => {
  let now = 1_800_000_000_000;
  const opened: MadeConnection[] = [];
  const connections = createConnectionPool({
    size,
    waiting,
    clock: { now: () => now },
    open: async () => {
      opened.push(new MadeConnection());
      return opened.at(-1) as MadeConnection;
    },
  });
  return { connections, opened, later: (ms: number) => (now += ms) };
};
const never = () => new AbortController().signal;
const keep = async () => ({ answer: 'ok', keep: true }) as const;
/** Lets every promise that can go on do so. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('the pool of directory connections', () => {
  it('uses one connection again', async () => {
    const { connections, opened } = pool();
    await connections.lease(never(), keep);
    await connections.lease(never(), keep);
    expect(opened).toHaveLength(1);
  });
  it('never lends one connection to two at once, nor more than its size', async () => {
    const { connections, opened } = pool({ size: 2, waiting: 10 });
    const inUse = new Set<DirectoryConnection>();
    let most = 0;
    await Promise.all(
      Array.from({ length: 10 }, () =>
        connections.lease(never(), async (connection) => {
          expect(inUse.has(connection)).toBe(false);
          inUse.add(connection);
          most = Math.max(most, inUse.size);
          await settled();
          inUse.delete(connection);
          return { answer: null, keep: true };
        }),
      ),
    );
    expect(most).toBe(2);
    expect(opened).toHaveLength(2);
  });
  it('destroys what its user does not want kept, or failed with', async () => {
    const { connections, opened } = pool();
    await connections.lease(never(), async () => ({ answer: null, keep: false }));
    await expect(connections.lease(never(), () => Promise.reject(new DirectoryFailure('deadline')))).rejects.toThrow(DirectoryFailure);
    expect(opened.map(({ isOpen }) => isOpen)).toEqual([false, false]);
  });
  it('drops a connection that closed, or lay idle for half a minute', async () => {
    const { connections, opened, later } = pool();
    await connections.lease(never(), keep);
    opened[0]?.destroy();
    await connections.lease(never(), keep);
    later(30_000);
    await connections.lease(never(), keep);
    expect(opened.map(({ isOpen }) => isOpen)).toEqual([false, false, true]);
  });
  it('replaces a pooled connection that proves dead, once', async () => {
    const { connections, opened } = pool();
    await connections.lease(never(), keep);
    let uses = 0;
    const dead = () => {
      uses += 1;
      return Promise.reject(new DirectoryFailure('lost'));
    };
    await expect(connections.lease(never(), dead)).rejects.toThrow('lost');
    expect([uses, opened.length]).toEqual([2, 2]);
  });
  it('says busy at once when the waiting list is full', async () => {
    const { connections } = pool({ size: 1, waiting: 1 });
    const gate = Promise.withResolvers<void>();
    const hold = async () => {
      await gate.promise;
      return { answer: 'held', keep: true } as const;
    };
    const first = connections.lease(never(), hold);
    const second = connections.lease(never(), hold);
    await expect(connections.lease(never(), keep)).rejects.toThrow('busy');
    gate.resolve();
    expect(await Promise.all([first, second])).toEqual(['held', 'held']);
  });
  it('ends a wait at the deadline, and passes the turn on to the next', async () => {
    const { connections } = pool({ size: 1, waiting: 5 });
    const gate = Promise.withResolvers<void>();
    const first = connections.lease(never(), async () => {
      await gate.promise;
      return { answer: 'first', keep: true };
    });
    await settled();
    const impatient = new AbortController();
    const second = connections.lease(impatient.signal, keep);
    const third = connections.lease(never(), keep);
    impatient.abort();
    await expect(second).rejects.toThrow('deadline');
    gate.resolve();
    expect([await first, await third]).toEqual(['first', 'ok']);
    expect(await connections.lease(never(), keep)).toBe('ok');
  });
  it('destroys its connections when it closes, and lends no more', async () => {
    const { connections, opened } = pool();
    await connections.lease(never(), keep);
    connections.close();
    expect(opened[0]?.isOpen).toBe(false);
    await expect(connections.lease(never(), keep)).rejects.toThrow('lost');
  });
});
