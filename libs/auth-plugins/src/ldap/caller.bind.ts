import type { ConnectionPool } from './connection.pool.js';
import type { BindAnswer, DirectoryConnection } from './directory.driver.js';
import { rejected, type LoginAnswer } from './login.way.js';
import { REJECT_REASONS } from './refusal.cause.js';
import { undecided, type DirectoryReport } from './user.search.js';

/**
 * A bind with a caller's password. Only result 49 says anything about the password.
 * @returns null when it was right
 * @throws Unavailable for any other refusal
 */
export const bindCaller = async (connection: DirectoryConnection, name: string, password: string, report: DirectoryReport, signal: AbortSignal): Promise<LoginAnswer | null> => {
  const answer: BindAnswer = await connection.bind(name, password, signal);
  switch (answer.kind) {
    case 'bound':
      return null;
    case 'refused':
      throw undecided(report, 'bind-refused', answer.code);
    case 'invalid-credentials':
      if (answer.cause === undefined || answer.cause === 'wrong-password') return rejected('bad-credential');
      // For operators and audit: the caller sees a 401 like any other.
      report('bind-rejected', answer.cause);
      return rejected(REJECT_REASONS[answer.cause]);
  }
};

/** On a connection of the pool for callers' binds, which keeps it whichever the answer. */
export const bindOnce = (binds: ConnectionPool, name: string, password: string, report: DirectoryReport, signal: AbortSignal): Promise<LoginAnswer | null> =>
  binds.lease(signal, async (connection, until) => ({ answer: await bindCaller(connection, name, password, report, until), keep: true }));
