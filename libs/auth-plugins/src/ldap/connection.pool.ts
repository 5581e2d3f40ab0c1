import type { Clock } from '../contract/plugin.js';
import { DirectoryFailure, type DirectoryConnection } from './directory.driver.js';

export interface PoolOptions {
  readonly size: number;
  /** How many logins may wait for a connection; more are told at once that the directory is busy. */
  readonly waiting: number;
  readonly open: (signal: AbortSignal) => Promise<DirectoryConnection>;
  readonly clock: Clock;
}

/** What a lease says about the connection when it ends. A throw always destroys it. */
export interface Leased<T> {
  readonly answer: T;
  readonly keep: boolean;
}

export interface ConnectionPool {
  /**
   * One owner, one operation at a time, ended by `signal`. A pooled connection that proves dead is replaced once.
   * @throws DirectoryFailure
   */
  lease<T>(signal: AbortSignal, use: (connection: DirectoryConnection) => Promise<Leased<T>>): Promise<T>;
  close(): void;
}

/** Balancers and firewalls drop idle connections in silence; a login would find out at its deadline only. */
const MAX_IDLE_MS = 30_000;

export const createConnectionPool = ({ size, waiting, open, clock }: PoolOptions): ConnectionPool => {
  const idle: { readonly connection: DirectoryConnection; readonly since: number }[] = [];
  const queue: (() => void)[] = [];
  let taken = 0;
  let closed = false;

  const takeSlot = async (signal: AbortSignal): Promise<void> => {
    if (taken < size) {
      taken += 1;
      return;
    }
    if (queue.length >= waiting) throw new DirectoryFailure('busy');
    const turn = Promise.withResolvers<void>();
    const onTurn = () => turn.resolve();
    const onAbort = () => {
      queue.splice(queue.indexOf(onTurn), 1);
      turn.reject(new DirectoryFailure('deadline'));
    };
    queue.push(onTurn);
    signal.addEventListener('abort', onAbort, { once: true });
    await turn.promise.finally(() => signal.removeEventListener('abort', onAbort));
  };
  // A slot goes straight to who waits longest, so that a newcomer cannot take it in between.
  const releaseSlot = (): void => {
    const next = queue.shift();
    if (next === undefined) taken -= 1;
    else next();
  };
  const takeIdle = (): DirectoryConnection | null => {
    for (let entry = idle.pop(); entry !== undefined; entry = idle.pop()) {
      if (entry.connection.isOpen && clock.now() - entry.since < MAX_IDLE_MS) return entry.connection;
      entry.connection.destroy();
    }
    return null;
  };
  const run = async <T>(connection: DirectoryConnection, use: (connection: DirectoryConnection) => Promise<Leased<T>>): Promise<T> => {
    let keep = false;
    try {
      const leased = await use(connection);
      keep = leased.keep && !closed && connection.isOpen;
      return leased.answer;
    } finally {
      if (keep) idle.push({ connection, since: clock.now() });
      else connection.destroy();
    }
  };

  return {
    lease: async (signal, use) => {
      if (closed) throw new DirectoryFailure('lost');
      if (signal.aborted) throw new DirectoryFailure('deadline');
      await takeSlot(signal);
      try {
        const pooled = takeIdle();
        if (pooled !== null) {
          try {
            return await run(pooled, use);
          } catch (error) {
            // It died while it lay idle. No answer came, so asking again on a new connection is safe.
            if (!(error instanceof DirectoryFailure) || error.reason !== 'lost' || signal.aborted) throw error;
          }
        }
        return await run(await open(signal), use);
      } finally {
        releaseSlot();
      }
    },
    close: () => {
      closed = true;
      for (const { connection } of idle.splice(0)) connection.destroy();
    },
  };
};
