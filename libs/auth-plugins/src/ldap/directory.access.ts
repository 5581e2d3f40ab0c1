import type { Clock } from '../contract/plugin.js';
import { createConnectionPool, type ConnectionPool } from './connection.pool.js';
import { DirectoryFailure, type DirectoryConnection, type DirectoryDriver, type DirectoryServer } from './directory.driver.js';

export interface DirectoryAccessOptions {
  readonly driver: DirectoryDriver;
  /** In order of preference. */
  readonly servers: readonly DirectoryServer[];
  readonly service: { readonly dn: string; readonly password: { reveal(): string } };
  readonly connections: { readonly search: number; readonly bind: number; readonly waiting: number };
  readonly clock: Clock;
  readonly report: (event: string, code?: string | number) => void;
}

/** The two pools of one directory. */
export interface DirectoryAccess {
  readonly searches: ConnectionPool;
  readonly binds: ConnectionPool;
  close(): void;
}

export const createDirectoryAccess = (options: DirectoryAccessOptions): DirectoryAccess => {
  const open = createOpener(options);
  const { clock, connections } = options;
  const searches = createConnectionPool({ size: connections.search, waiting: connections.waiting, clock, open: createBoundOpener(open, options) });
  const binds = createConnectionPool({ size: connections.bind, waiting: connections.waiting, clock, open });
  return {
    searches,
    binds,
    close: () => {
      searches.close();
      binds.close();
    },
  };
};

type Open = (signal: AbortSignal) => Promise<DirectoryConnection>;

/** Tries the servers in turn, from the one that last answered; each gets a share of the login's deadline. */
const createOpener = ({ driver, servers, report }: DirectoryAccessOptions): Open => {
  let preferred = 0;
  return async (signal) => {
    let failure = new DirectoryFailure('connect');
    for (let turn = 0; turn < servers.length && !signal.aborted; turn += 1) {
      const index = (preferred + turn) % servers.length;
      const server = servers[index];
      if (server === undefined) continue;
      try {
        const connection = await driver.connect(server, AbortSignal.any([signal, AbortSignal.timeout(server.connectTimeoutMs)]));
        preferred = index;
        return connection;
      } catch (error) {
        if (!(error instanceof DirectoryFailure)) throw error;
        failure = error;
        report('connect-failed', error.reason);
      }
    }
    throw failure;
  };
};

/** After a refused service bind nobody tries again for this long: every login would count against that account too. */
const SERVICE_PAUSE_MS = 10_000;

const createBoundOpener = (open: Open, { service, clock, report }: DirectoryAccessOptions): Open => {
  let refusedAt = Number.NEGATIVE_INFINITY;
  return async (signal) => {
    if (clock.now() - refusedAt < SERVICE_PAUSE_MS) throw new DirectoryFailure('service-account');
    const connection = await open(signal);
    const answer = await connection.bind(service.dn, service.password.reveal(), signal);
    if (answer.kind === 'bound') return connection;
    connection.destroy();
    refusedAt = clock.now();
    // Ours to mend, not the caller's: the service account's password is wrong or locked.
    report('service-bind-refused', answer.kind === 'refused' ? answer.code : 49);
    throw new DirectoryFailure('service-account');
  };
};
