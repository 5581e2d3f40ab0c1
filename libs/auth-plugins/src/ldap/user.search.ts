import { Unavailable } from '../contract/outcome.js';
import type { Assertion, DirectoryEntry, DirectorySearch } from './directory.driver.js';
import type { Read } from './directory.reader.js';
import type { DirectorySettings } from './directory.settings.js';

/** For operators: what was odd, by a fixed name and a result code. */
export type DirectoryReport = (event: string, code?: string | number) => void;

/**
 * The one entry under the users' base that holds this value, which goes into one filter value and nowhere else.
 * @throws Unavailable for an answer that is none, DirectoryFailure when there was none
 */
export type UserSearch = (attribute: string, value: string, read: Read, signal: AbortSignal) => Promise<Found>;

export type Found = DirectoryEntry | 'none' | 'several';

/** The entry of this DN itself: what a caller may read of the directory may be no more than that. @throws as above */
export type UserRead = (dn: string, read: Read, signal: AbortSignal) => Promise<Found>;

export interface UserSearchOptions {
  readonly settings: Pick<DirectorySettings, 'users' | 'groupsAttribute' | 'groupSearch'>;
  readonly report: DirectoryReport;
}

export const createUserSearch = (options: UserSearchOptions): UserSearch => {
  const find = createFind(options);
  const { base } = options.settings.users;
  return (attribute, value, read, signal) => find(read, { base, scope: 'sub' }, [{ attribute, value }], signal);
};

export const createUserRead = (options: UserSearchOptions): UserRead => {
  const find = createFind(options);
  return (dn, read, signal) => find(read, { base: dn, scope: 'base' }, [], signal);
};

const createFind = ({ settings: { users, groupsAttribute, groupSearch }, report }: UserSearchOptions) => {
  const fixed = users.objectClass === undefined ? [] : [{ attribute: 'objectClass', value: users.objectClass }];
  const attributes = [users.nameAttribute, users.idAttribute, ...(groupSearch === undefined ? [groupsAttribute] : [])];
  return async (read: Read, place: Pick<DirectorySearch, 'base' | 'scope'>, equals: readonly Assertion[], signal: AbortSignal): Promise<Found> => {
    const answer = await read({ ...place, equals: [...fixed, ...equals], attributes, sizeLimit: 2 }, signal);
    switch (answer.kind) {
      case 'refused':
        throw undecided(report, 'search-refused', answer.code);
      case 'referral':
        throw undecided(report, 'referral');
      case 'too-many':
        return 'several';
      case 'entries':
        return answer.entries.length > 1 ? 'several' : (answer.entries[0] ?? 'none');
    }
  };
};

export const undecided = (report: DirectoryReport, event: string, code?: string | number): Unavailable => {
  report(event, code);
  return new Unavailable('directory');
};
