import type { RejectReason } from '../contract/outcome.js';
import type { Groups } from '../contract/principal.js';
import type { ConnectionPool } from './connection.pool.js';
import { readEntry } from './directory.entry.js';
import { DirectoryFailure } from './directory.driver.js';
import { readAsService } from './directory.reader.js';
import { createGroupSearch } from './group.search.js';
import { createUserSearch, undecided, type UserSearchOptions } from './user.search.js';

/** Who a directory says that a name is, with no password asked. */
export type LookupAnswer =
  | { readonly kind: 'identity'; readonly id: string; readonly name: string; readonly groups: Groups }
  | { readonly kind: 'rejected'; readonly reason: RejectReason };

/** @throws Unavailable when the directory did not say */
export type DirectoryLookup = (loginName: string, signal: AbortSignal) => Promise<LookupAnswer>;

export interface DirectoryLookupOptions extends UserSearchOptions {
  readonly searches: ConnectionPool;
}

/**
 * I8: whoever another service of the same authority let in is the principal of its directory entry, or nobody: not
 * exactly one entry is a rejection.
 */
export const createDirectoryLookup = (options: DirectoryLookupOptions): DirectoryLookup => {
  const { settings, searches, report } = options;
  const { users, groupsAttribute, groupSearch } = settings;
  const search = createUserSearch(options);
  const read = readAsService(searches);
  const groupsOf = groupSearch === undefined ? null : createGroupSearch(groupSearch, report);
  const isSearched = users.nameAttribute.toLowerCase() === users.loginAttribute.toLowerCase();
  const ambiguous = (event: string): LookupAnswer => {
    report(event);
    return { kind: 'rejected', reason: 'ambiguous-subject' };
  };
  return async (loginName, signal) => {
    try {
      const entry = await search(users.loginAttribute, loginName, read, signal);
      if (entry === 'none') return { kind: 'rejected', reason: 'unknown-subject' };
      if (entry === 'several') return ambiguous('several-entries-for-one-login-name');
      const reading = readEntry(entry, { nameAttribute: users.nameAttribute, idAttribute: users.idAttribute, groupsAttribute });
      if (reading.kind === 'no-id') throw undecided(report, 'entry-without-id-attribute');
      if (reading.kind !== 'identity') return ambiguous(reading.kind === 'no-name' ? 'entry-without-name-attribute' : 'entry-with-several-names');
      if (!isSearched && typeof (await search(users.nameAttribute, reading.name, read, signal)) === 'string') return ambiguous('several-entries-for-one-name');
      if (groupsOf === null) return reading;
      if (entry.dn === '') throw undecided(report, 'entry-without-dn-attribute');
      return { ...reading, groups: await groupsOf({ dn: entry.dn, name: reading.name }, read, signal) };
    } catch (error) {
      throw error instanceof DirectoryFailure ? undecided(report, 'connection', error.reason) : error;
    }
  };
};
