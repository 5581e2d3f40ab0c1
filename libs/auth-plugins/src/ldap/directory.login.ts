import type { FailureBudget } from '../login/failure.budget.js';
import type { DirectoryAccess } from './directory.access.js';
import { accountNames, createDirectBind, dnPatternNames, findAtDn, findByName } from './direct-bind.way.js';
import { DirectoryFailure } from './directory.driver.js';
import { readAsService } from './directory.reader.js';
import { createIdentifyEntry } from './entry.identity.js';
import type { LdapSettings } from './ldap.settings.js';
import { rejected, type Finish, type LoginAnswer, type LoginAttempt, type LoginWay } from './login.way.js';
import { accountConditions } from './name.conditions.js';
import { createSearchThenBind } from './search-then-bind.way.js';
import { createUserRead, createUserSearch, undecided, type DirectoryReport } from './user.search.js';

export interface DirectoryLoginOptions {
  readonly settings: Pick<LdapSettings, 'users' | 'groupsAttribute' | 'groupSearch' | 'login'>;
  /** Connections bound as the service account, and others for callers' binds: a failed one loses the identity of its connection. */
  readonly access: Pick<DirectoryAccess, 'searches' | 'binds' | 'hasService'>;
  /** Failed logins by entry, where entries are known before the bind. */
  readonly entries: FailureBudget;
  readonly report: DirectoryReport;
}

/** @throws Unavailable when the directory did not say */
export type DirectoryLogin = (attempt: LoginAttempt) => Promise<LoginAnswer>;

/** A login at a directory: whichever way a typed name becomes an entry, name, id and groups come from the entry. */
export const createDirectoryLogin = (options: DirectoryLoginOptions): DirectoryLogin => {
  const { settings, report } = options;
  const way = createWay(options);
  const finish = createFinish(settings, report);
  return async (attempt) => {
    // RFC 4513 section 5.1.2: a bind without a password may "succeed". Refused by the parser already; never sent from here.
    if (attempt.password === '' || attempt.loginName === '') return rejected('bad-credential');
    try {
      return await way(attempt, finish);
    } catch (error) {
      throw error instanceof DirectoryFailure ? undecided(report, 'connection', error.reason) : error;
    }
  };
};

const createWay = ({ settings, access, entries, report }: DirectoryLoginOptions): LoginWay => {
  const { users, login } = settings;
  const { searches, binds, hasService } = access;
  const search = createUserSearch({ settings, report });
  const read = hasService ? readAsService(searches) : null;
  switch (login.by) {
    case 'dn-pattern':
      return createDirectBind({ names: dnPatternNames(login), find: findAtDn(login, createUserRead({ settings, report })), read, binds, report });
    case 'search':
    case 'active-directory': {
      const conditions = login.by === 'search' ? (value: string) => [{ attribute: users.loginAttribute, value }] : accountConditions(login);
      if (read !== null) return createSearchThenBind({ conditions, search, read, binds, entries, base: users.base, idAttribute: users.idAttribute, report });
      if (login.by === 'search') throw new Error('a search without a service account');
      return createDirectBind({ names: accountNames(login), find: findByName(conditions, search), read, binds, report });
    }
  }
};

/** The password was right: the entry is who calls. */
const createFinish = (settings: DirectoryLoginOptions['settings'], report: DirectoryReport): Finish => {
  const identify = createIdentifyEntry({ settings, report });
  return async (entry, foundBy, read, signal) => {
    const who = await identify(entry, foundBy, read, signal);
    return who.kind === 'identity' ? { ...who, kind: 'verified' } : who;
  };
};
