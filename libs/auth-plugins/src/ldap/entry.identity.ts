import type { RejectReason } from '../contract/outcome.js';
import type { Groups } from '../contract/principal.js';
import { readEntry } from './directory.entry.js';
import type { DirectoryEntry } from './directory.driver.js';
import type { Read } from './directory.reader.js';
import { createGroupSearch } from './group.search.js';
import { createUserSearch, undecided, type UserSearchOptions } from './user.search.js';

/** Who an entry of the directory is, or why it is nobody. */
export type EntryIdentity =
  | { readonly kind: 'identity'; readonly id: string; readonly name: string; readonly groups: Groups }
  | { readonly kind: 'rejected'; readonly reason: RejectReason };

/**
 * Name, id and groups of one entry, whoever may be called by it.
 * @param foundBy the attribute that was searched
 * @throws Unavailable or DirectoryFailure when the directory did not say
 */
export type IdentifyEntry = (entry: DirectoryEntry, foundBy: string, read: Read, signal: AbortSignal) => Promise<EntryIdentity>;

export const createIdentifyEntry = (options: UserSearchOptions): IdentifyEntry => {
  const { settings, report } = options;
  const { users, groupsAttribute, groupSearch } = settings;
  const search = createUserSearch(options);
  const groupsOf = groupSearch === undefined ? null : createGroupSearch(groupSearch, report);
  const ambiguous = (event: string): EntryIdentity => {
    report(event);
    return { kind: 'rejected', reason: 'ambiguous-subject' };
  };
  return async (entry, foundBy, read, signal) => {
    const reading = readEntry(entry, { nameAttribute: users.nameAttribute, idAttribute: users.idAttribute, groupsAttribute });
    if (reading.kind === 'no-id') throw undecided(report, 'entry-without-id-attribute');
    if (reading.kind !== 'identity') return ambiguous(reading.kind === 'no-name' ? 'entry-without-name-attribute' : 'entry-with-several-names');
    // Under another attribute than the one that was searched, a name could belong to two entries (I9).
    const isSearched = users.nameAttribute.toLowerCase() === foundBy.toLowerCase();
    if (!isSearched && typeof (await search(users.nameAttribute, reading.name, read, signal)) === 'string') return ambiguous('several-entries-for-one-name');
    if (groupsOf === null) return reading;
    // A login bound this DN; a lookup did not, and nobody is a member by a DN that is not certain.
    if (entry.dn === '') throw undecided(report, 'entry-without-dn-attribute');
    return { ...reading, groups: await groupsOf({ dn: entry.dn, name: reading.name }, read, signal) };
  };
};
