import type { Clock } from '../contract/plugin.js';
import { DirectoryFailure, type DirectoryConnection } from './directory.driver.js';

export interface PoolOptions {
  readonly size: number;
  /** How many logins may wait for a connection; more are told at once that the directory is busy. */
  readonly waiting: number;
  readonly open: (signal: AbortSignal) => Promise<DirectoryConnection>;
  readonly clock: Clock;
  /** Where there are several servers: what is known of them, and how an operation moves on to the next. */
  readonly replicas?: Replicas;
}

export interface Replicas {
  /** How many servers one use may be put to. 1 for what must not be done twice. */
  readonly attempts: number;
  /** What one of them may take while another is left. */
  readonly attemptMs: number;
  readonly isWanted: (connection: DirectoryConnection) => boolean;
  readonly failed: (connection: DirectoryConnection) => void;
  readonly proven: (connection: DirectoryConnection) => void;
}

/** What a lease says about the connection when it ends. A throw always destroys it. */
export interface Leased<T> {
  readonly answer: T;
  readonly keep: boolean;
}

/** @param signal ends this use: the login's deadline, or an earlier one while another server is left */
export type Use<T> = (connection: DirectoryConnection, signal: AbortSignal) => Promise<Leased<T>>;

export interface ConnectionPool {
  /**
   * One owner, one operation at a time, ended by `signal`. A pooled connection that proves dead is replaced once.
   * @throws DirectoryFailure
   */
  lease<T>(signal: AbortSignal, use: Use<T>): Promise<T>;
  close(): void;
}

/** Balancers and firewalls drop idle connections in silence; a login would find out at its deadline only. */
const MAX_IDLE_MS = 30_000;

const ONE_SERVER: Replicas = { attempts: 1, attemptMs: 0, isWanted: () => true, failed: () => undefined, proven: () => undefined };

export const createConnectionPool = ({ size, waiting, open, clock, replicas = ONE_SERVER }: PoolOptions): ConnectionPool => {
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
      if (entry.connection.isOpen && clock.now() - entry.since < MAX_IDLE_MS && replicas.isWanted(entry.connection)) return entry.connection;
      entry.connection.destroy();
    }
    return null;
  };
  const run = async <T>(connection: DirectoryConnection, use: Use<T>, signal: AbortSignal): Promise<T> => {
    let keep = false;
    try {
      const leased = await use(connection, signal);
      keep = leased.keep && !closed && connection.isOpen;
      replicas.proven(connection);
      return leased.answer;
    } finally {
      if (keep) idle.push({ connection, since: clock.now() });
      else connection.destroy();
    }
  };
  /** @returns null when the connection had died while it lay idle: no answer came, so asking again on a new one is safe */
  const runPooled = async <T>(use: Use<T>, signal: AbortSignal): Promise<{ readonly answer: T } | null> => {
    const pooled = takeIdle();
    if (pooled === null) return null;
    try {
      return { answer: await run(pooled, use, signal) };
    } catch (error) {
      if (!(error instanceof DirectoryFailure) || signal.aborted) throw blame(error, pooled);
      if (error.reason === 'lost') return null;
      throw blame(error, pooled);
    }
  };
  const blame = (error: unknown, connection: DirectoryConnection): unknown => {
    if (error instanceof DirectoryFailure) replicas.failed(connection);
    return error;
  };
  const once = async <T>(use: Use<T>, signal: AbortSignal): Promise<T> => {
    const pooled = await runPooled(use, signal);
    if (pooled !== null) return pooled.answer;
    const connection = await open(signal);
    try {
      return await run(connection, use, signal);
    } catch (error) {
      throw blame(error, connection);
    }
  };

  return {
    lease: async (signal, use) => {
      if (closed) throw new DirectoryFailure('lost');
      if (signal.aborted) throw new DirectoryFailure('deadline');
      await takeSlot(signal);
      try {
        for (let left = replicas.attempts - 1; left > 0; left -= 1) {
          try {
            return await once(use, AbortSignal.any([signal, AbortSignal.timeout(replicas.attemptMs)]));
          } catch (error) {
            if (!(error instanceof DirectoryFailure) || error.reason === 'service-account' || signal.aborted) throw error;
          }
        }
        return await once(use, signal);
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
