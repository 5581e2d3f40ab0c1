import { canonicalDirectoryName } from '../authority/directory-name.js';
import { bindCaller } from './caller.bind.js';
import type { ConnectionPool } from './connection.pool.js';
import type { DirectoryEntry } from './directory.driver.js';
import { readBy, type Read } from './directory.reader.js';
import type { LoginSettings } from './login.settings.js';
import { rejected, type Conditions, type LoginAnswer, type LoginWay } from './login.way.js';
import { escapeDnValue, isPlainName, parseAccountName } from './typed.name.js';
import type { DirectoryReport, UserSearch } from './user.search.js';

export interface DirectBindOptions {
  readonly names: BindNames;
  readonly search: UserSearch;
  /** Reads as the service account; null: the caller reads its own entry. */
  readonly read: Read | null;
  readonly binds: ConnectionPool;
  readonly report: DirectoryReport;
}

/** How a typed name is bound, and how its entry is found and known afterwards. */
export interface BindNames {
  /** @returns null for what is no name */
  bindName(loginName: string): string | null;
  readonly conditions: Conditions;
  /**
   * Whether the bound name is surely this entry, by the names alone. Where it is not, the entry's own DN is bound with the
   * same password: the principal is always the entry whose password was right.
   */
  isSurely(bound: string, entry: DirectoryEntry): boolean;
}

/**
 * The typed name is bound as it is, in one of the allowed forms; then the entry is read, because name and id come from the
 * directory and never from what was typed (I8).
 */
export const createDirectBind = ({ names, search, read, binds, report }: DirectBindOptions): LoginWay => {
  const find = async (loginName: string, reader: Read, signal: AbortSignal): Promise<{ readonly entry: DirectoryEntry; readonly foundBy: string } | null> => {
    for (const { attribute, value } of names.conditions(loginName)) {
      const entry = await search(attribute, value, reader, signal);
      if (entry === 'several') {
        report('several-entries-for-one-login-name');
        return null;
      }
      if (entry !== 'none') return { entry, foundBy: attribute };
    }
    report('no-entry-for-a-bound-name');
    return null;
  };
  return async ({ loginName, password, signal }, finish) => {
    const name = names.bindName(loginName);
    if (name === null) return rejected('refused-form');
    // A stall ends the login: a second server could count one wrong password twice.
    return binds.lease(signal, async (connection, until) => {
      const answered = (answer: LoginAnswer) => ({ answer, keep: true });
      const refusal = await bindCaller(connection, name, password, report, until);
      if (refusal !== null) return answered(refusal);
      const reader = read ?? readBy(connection);
      const found = await find(loginName, reader, until);
      if (found === null) return answered(rejected('ambiguous-subject'));
      if (!names.isSurely(name, found.entry)) {
        const other = found.entry.dn === '' ? rejected('ambiguous-subject') : await bindCaller(connection, found.entry.dn, password, report, until);
        if (other !== null) {
          report('bound-name-of-another-entry');
          return answered(rejected('ambiguous-subject'));
        }
      }
      return answered(await finish(found.entry, found.foundBy, reader, until));
    });
  };
};

type By<K extends LoginSettings['by']> = Extract<LoginSettings, { readonly by: K }>;

/** The typed name inside a DN, escaped to the byte. */
export const dnPatternNames = ({ pattern }: By<'dn-pattern'>): BindNames => {
  const attribute = pattern.slice(0, pattern.indexOf('='));
  return {
    bindName: (loginName) => (isPlainName(loginName) ? pattern.replace('{name}', () => escapeDnValue(loginName)) : null),
    conditions: (loginName) => [{ attribute, value: loginName }],
    isSurely: (bound, entry) => entry.dn !== '' && canonicalDirectoryName(entry.dn) === canonicalDirectoryName(bound),
  };
};

/** The forms of Active Directory; a plain name gets the domain's own suffix. */
export const accountNames = (login: By<'active-directory'>, conditions: Conditions): BindNames => ({
  bindName: (loginName) => {
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
  },
  conditions,
  isSurely: () => false,
});
