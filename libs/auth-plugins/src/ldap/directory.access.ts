import type { Clock } from '../contract/plugin.js';
import { createConnectionPool, type ConnectionPool, type Replicas } from './connection.pool.js';
import { DirectoryFailure, type DirectoryConnection, type DirectoryDriver, type DirectoryServer } from './directory.driver.js';
import { createServerChoice, type ServerChoice } from './server.choice.js';

export interface DirectoryAccessOptions {
  readonly driver: DirectoryDriver;
  /** In order of preference. */
  readonly servers: readonly DirectoryServer[];
  /** null: callers read their own entries; `searches` then fails. */
  readonly service: { readonly dn: string; readonly password: { reveal(): string } } | null;
  readonly connections: { readonly search: number; readonly bind: number; readonly waiting: number };
  readonly clock: Clock;
  readonly report: (event: string, code?: string | number) => void;
}

/** The two pools of one directory. */
export interface DirectoryAccess {
  readonly searches: ConnectionPool;
  readonly binds: ConnectionPool;
  readonly hasService: boolean;
  /** Asks servers that failed whether they are back, so that no caller's login pays for it. */
  recheck(base: string, signal: AbortSignal): Promise<void>;
  close(): void;
}

export const createDirectoryAccess = (options: DirectoryAccessOptions): DirectoryAccess => {
  const { clock, connections, servers } = options;
  const choice = createServerChoice(servers.length);
  /** Which server a connection leads to. */
  const origins = new WeakMap<DirectoryConnection, number>();
  const open = createOpener(options, choice, origins);
  const openBound = createBoundOpener(open, options, choice, origins);
  const replicasOf = (attempts: number): Replicas => ({
    attempts,
    attemptMs: servers[0]?.connectTimeoutMs ?? 0,
    isWanted: (connection) => origins.get(connection) === choice.best(),
    failed: (connection) => choice.failed(origins.get(connection) ?? 0),
    proven: (connection) => choice.proven(origins.get(connection) ?? 0),
  });
  const searches = createConnectionPool({ size: connections.search, waiting: connections.waiting, clock, open: (signal) => openBound(choice.order(), signal), replicas: replicasOf(servers.length) });
  // A bind is put to one server only: a second try could count one wrong password twice.
  const binds = createConnectionPool({ size: connections.bind, waiting: connections.waiting, clock, open: (signal) => open(choice.order(), signal), replicas: replicasOf(1) });

  const recheckOne = async (index: number, base: string, signal: AbortSignal): Promise<void> => {
    const connection = await (options.service === null ? open : openBound)([index], signal);
    try {
      if (options.service === null || (await connection.search({ base, scope: 'base', equals: [], attributes: ['1.1'], sizeLimit: 1 }, signal)).kind === 'entries') choice.proven(index);
    } finally {
      connection.destroy();
    }
  };
  return {
    searches,
    binds,
    hasService: options.service !== null,
    recheck: async (base, signal) => {
      await Promise.allSettled(choice.suspects().map((index) => recheckOne(index, base, signal)));
    },
    close: () => {
      searches.close();
      binds.close();
    },
  };
};

type Open = (order: readonly number[], signal: AbortSignal) => Promise<DirectoryConnection>;

/** Tries the servers in turn; each gets a share of the login's deadline. */
const createOpener =
  ({ driver, servers, report }: DirectoryAccessOptions, choice: ServerChoice, origins: WeakMap<DirectoryConnection, number>): Open =>
  async (order, signal) => {
    let failure = new DirectoryFailure('connect');
    for (const index of order) {
      const server = servers[index];
      if (server === undefined || signal.aborted) continue;
      try {
        const connection = await driver.connect(server, AbortSignal.any([signal, AbortSignal.timeout(server.connectTimeoutMs)]));
        origins.set(connection, index);
        return connection;
      } catch (error) {
        if (!(error instanceof DirectoryFailure)) throw error;
        failure = error;
        choice.failed(index);
        report('connect-failed', error.reason);
      }
    }
    throw failure;
  };

/** After a refused service bind nobody tries again for this long: every login would count against that account too. */
const SERVICE_PAUSE_MS = 10_000;

const createBoundOpener = (open: Open, { service, clock, report }: DirectoryAccessOptions, choice: ServerChoice, origins: WeakMap<DirectoryConnection, number>): Open => {
  let refusedAt = Number.NEGATIVE_INFINITY;
  return async (order, signal) => {
    if (service === null || clock.now() - refusedAt < SERVICE_PAUSE_MS) throw new DirectoryFailure('service-account');
    const connection = await open(order, signal);
    const answer = await connection.bind(service.dn, service.password.reveal(), signal).catch((error: unknown) => {
      if (error instanceof DirectoryFailure) choice.failed(origins.get(connection) ?? 0);
      throw error;
    });
    if (answer.kind === 'bound') return connection;
    connection.destroy();
    refusedAt = clock.now();
    // Ours to mend, not the caller's: the service account's password is wrong or locked.
    report('service-bind-refused', answer.kind === 'refused' ? answer.code : (answer.cause ?? 49));
    throw new DirectoryFailure('service-account');
  };
};
