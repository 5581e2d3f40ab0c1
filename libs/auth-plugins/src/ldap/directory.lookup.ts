import type { ConnectionPool } from './connection.pool.js';
import { DirectoryFailure } from './directory.driver.js';
import { readAsService } from './directory.reader.js';
import { createIdentifyEntry, type EntryIdentity } from './entry.identity.js';
import { createUserSearch, undecided, type UserSearchOptions } from './user.search.js';

/** Who a directory says that a name is, with no password asked. @throws Unavailable when the directory did not say */
export type DirectoryLookup = (loginName: string, signal: AbortSignal) => Promise<EntryIdentity>;

export interface DirectoryLookupOptions extends UserSearchOptions {
  readonly searches: ConnectionPool;
}

/**
 * I8: whoever another service of the same authority let in is the principal of its directory entry, or nobody: not
 * exactly one entry is a rejection.
 */
export const createDirectoryLookup = (options: DirectoryLookupOptions): DirectoryLookup => {
  const { settings, searches, report } = options;
  const { loginAttribute } = settings.users;
  const search = createUserSearch(options);
  const identify = createIdentifyEntry(options);
  const read = readAsService(searches);
  return async (loginName, signal) => {
    try {
      const entry = await search(loginAttribute, loginName, read, signal);
      if (entry === 'none') return { kind: 'rejected', reason: 'unknown-subject' };
      if (entry === 'several') {
        report('several-entries-for-one-login-name');
        return { kind: 'rejected', reason: 'ambiguous-subject' };
      }
      return await identify(entry, loginAttribute, read, signal);
    } catch (error) {
      throw error instanceof DirectoryFailure ? undecided(report, 'connection', error.reason) : error;
    }
  };
};
