import { canonicalDirectoryName } from '../authority/directory-name.js';
import { bindCaller } from './caller.bind.js';
import type { ConnectionPool } from './connection.pool.js';
import type { DirectoryEntry } from './directory.driver.js';
import { readBy, type Read } from './directory.reader.js';
import type { LoginSettings } from './login.settings.js';
import { rejected, type Conditions, type LoginAnswer, type LoginWay } from './login.way.js';
import { escapeDnValue, isPlainName, parseAccountName } from './typed.name.js';
import type { DirectoryReport, UserRead, UserSearch } from './user.search.js';

export interface DirectBindOptions {
  readonly names: BindNames;
  readonly find: EntryFinder;
  /** Reads as the service account; null: the caller reads its own entry. */
  readonly read: Read | null;
  readonly binds: ConnectionPool;
  readonly report: DirectoryReport;
}

/** How a typed name is bound. @returns null for what is no name */
export type BindNames = (loginName: string) => string | null;

/** What is found for a name that was bound. `isSure`: by its DN it is the entry that was bound. */
export type EntryFinder = (loginName: string, bound: string, read: Read, signal: AbortSignal) => Promise<{ readonly entry: DirectoryEntry; readonly foundBy: string; readonly isSure: boolean } | null>;

/**
 * The typed name is bound as it is, in one of the allowed forms; then the entry is read, because name and id come from the
 * directory and never from what was typed (I8). Where a name may be bound as one entry and found as another, the found one
 * is bound with the same password: the principal is always the entry whose password was right.
 */
export const createDirectBind = ({ names, find, read, binds, report }: DirectBindOptions): LoginWay => {
  const answered = (answer: LoginAnswer) => ({ answer, keep: true });
  const refused = (event: string) => {
    report(event);
    return answered(rejected('ambiguous-subject'));
  };
  return async ({ loginName, password, signal }, finish) => {
    const name = names(loginName);
    if (name === null) return rejected('refused-form');
    return binds.lease(signal, async (connection, until) => {
      const refusal = await bindCaller(connection, name, password, report, until);
      if (refusal !== null) return answered(refusal);
      const reader = read ?? readBy(connection);
      const found = await find(loginName, name, reader, until);
      if (found === null) return refused('no-single-entry-for-a-bound-name');
      const { entry, foundBy, isSure } = found;
      if (!isSure && (entry.dn === '' || (await bindCaller(connection, entry.dn, password, report, until)) !== null)) return refused('bound-name-of-another-entry');
      return answered(await finish(entry, foundBy, reader, until));
    });
  };
};

type By<K extends LoginSettings['by']> = Extract<LoginSettings, { readonly by: K }>;

/** The typed name inside a DN, escaped to the byte. */
export const dnPatternNames =
  ({ pattern }: By<'dn-pattern'>): BindNames =>
  (loginName) =>
    isPlainName(loginName) ? pattern.replace('{name}', () => escapeDnValue(loginName)) : null;

/** The entry at the bound DN. */
export const findAtDn =
  ({ pattern }: By<'dn-pattern'>, readUser: UserRead): EntryFinder =>
  async (_loginName, bound, read, signal) => {
    const entry = await readUser(bound, read, signal);
    return typeof entry === 'string' ? null : { entry: { ...entry, dn: entry.dn === '' ? bound : entry.dn }, foundBy: pattern.slice(0, pattern.indexOf('=')), isSure: entry.dn === '' || canonicalDirectoryName(entry.dn) === canonicalDirectoryName(bound) };
  };

/** The forms of Active Directory; a plain name gets the domain's own suffix. */
export const accountNames =
  (login: By<'active-directory'>): BindNames =>
  (loginName) => {
    const typed = parseAccountName(loginName, login);
    switch (typed?.kind) {
      case undefined:
        return null;
      case 'plain':
        return `${typed.account}@${login.dnsDomain}`;
      case 'principal-name':
        return `${typed.account}@${typed.suffix}`;
      case 'down-level':
        return `${login.domain}\\${typed.account}`;
    }
  };

/** The entry that a search for the same name finds: a guess until its own DN was bound. */
export const findByName =
  (conditions: Conditions, search: UserSearch): EntryFinder =>
  async (loginName, _bound, read, signal) => {
    for (const { attribute, value } of conditions(loginName)) {
      const entry = await search(attribute, value, read, signal);
      if (entry !== 'none') return entry === 'several' ? null : { entry, foundBy: attribute, isSure: false };
    }
    return null;
  };
