import { randomUUID } from 'node:crypto';
import type { RejectReason } from '../contract/outcome.js';
import type { Groups } from '../contract/principal.js';
import type { ConnectionPool } from './connection.pool.js';
import { readEntry } from './directory.entry.js';
import { DirectoryFailure } from './directory.driver.js';
import type { LdapSettings } from './ldap.settings.js';
import { createUserSearch, undecided, type DirectoryReport } from './user.search.js';

/** What the directory made of one login. */
export type LoginAnswer =
  | { readonly kind: 'verified'; readonly id: string; readonly name: string; readonly groups: Groups }
  | { readonly kind: 'rejected'; readonly reason: RejectReason };

export interface DirectoryLoginOptions {
  readonly settings: Pick<LdapSettings, 'users' | 'groupsAttribute' | 'loginDeadlineMs'>;
  /** Connections bound as the service account, for searches. */
  readonly searches: ConnectionPool;
  /** Connections of their own for callers' binds: a failed one loses the identity of its connection. */
  readonly binds: ConnectionPool;
  readonly report: DirectoryReport;
}

export type DirectoryLogin = (loginName: string, password: string) => Promise<LoginAnswer>;

const REJECTED: LoginAnswer = { kind: 'rejected', reason: 'bad-credential' };

/**
 * Search, then bind (security reference section 6): the name as typed goes into one filter value and nowhere else; the
 * password goes with the DN that the directory returned; name, id and groups come from the entry.
 * @throws Unavailable when the directory did not say
 */
export const createDirectoryLogin = ({ settings, searches, binds, report }: DirectoryLoginOptions): DirectoryLogin => {
  const { users, groupsAttribute } = settings;
  const attributes = { nameAttribute: users.nameAttribute, idAttribute: users.idAttribute, groupsAttribute };

  const search = createUserSearch({ settings, searches, report });
  const bind = async (dn: string, password: string, signal: AbortSignal): Promise<'bound' | 'invalid-credentials'> =>
    binds.lease(signal, async (connection) => {
      const answer = await connection.bind(dn, password, signal);
      if (answer.kind === 'refused') throw undecided(report, 'bind-refused', answer.code);
      return { answer: answer.kind, keep: true };
    });
  // Costs what a known name costs, so that time does not tell which names exist (attack 53). The password stays out of it.
  const reject = async (reason: RejectReason, signal: AbortSignal): Promise<LoginAnswer> => {
    await bind(`cn=${randomUUID()},${users.base}`, randomUUID(), signal);
    return { kind: 'rejected', reason };
  };

  return async (loginName, password) => {
    // RFC 4513 section 5.1.2: a bind without a password may "succeed". Refused by the parser already; never sent from here.
    if (password === '' || loginName === '') return REJECTED;
    const signal = AbortSignal.timeout(settings.loginDeadlineMs);
    try {
      const entry = await search(users.loginAttribute, loginName, signal);
      if (entry === 'none') return await reject('unknown-subject', signal);
      if (entry === 'several') {
        report('several-entries-for-one-login-name');
        return await reject('ambiguous-subject', signal);
      }
      const reading = readEntry(entry, attributes);
      if (reading.kind === 'no-id' || entry.dn === '') throw undecided(report, reading.kind === 'no-id' ? 'entry-without-id-attribute' : 'entry-without-dn-attribute');
      if ((await bind(entry.dn, password, signal)) === 'invalid-credentials') return REJECTED;
      if (reading.kind !== 'identity') {
        report(reading.kind === 'no-name' ? 'entry-without-name-attribute' : 'entry-with-several-names');
        return { kind: 'rejected', reason: 'ambiguous-subject' };
      }
      // Under another attribute than the one that was searched, a name could belong to two entries (I9).
      if (users.nameAttribute.toLowerCase() !== users.loginAttribute.toLowerCase() && typeof (await search(users.nameAttribute, reading.name, signal)) === 'string') {
        report('several-entries-for-one-name');
        return { kind: 'rejected', reason: 'ambiguous-subject' };
      }
      return { kind: 'verified', id: reading.id, name: reading.name, groups: reading.groups };
    } catch (error) {
      throw error instanceof DirectoryFailure ? undecided(report, 'connection', error.reason) : error;
    }
  };
};
