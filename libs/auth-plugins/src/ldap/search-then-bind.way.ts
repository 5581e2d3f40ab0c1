import { randomUUID } from 'node:crypto';
import { canonicalDirectoryName } from '../authority/directory-name.js';
import type { FailureBudget } from '../login/failure.budget.js';
import { bindOnce } from './caller.bind.js';
import type { ConnectionPool } from './connection.pool.js';
import type { Read } from './directory.reader.js';
import { rejected, type Conditions, type LoginAnswer, type LoginWay } from './login.way.js';
import { type DirectoryReport, type UserSearch, undecided } from './user.search.js';

export interface SearchThenBindOptions {
  readonly conditions: Conditions;
  readonly search: UserSearch;
  /** Reads as the service account. */
  readonly read: Read;
  readonly binds: ConnectionPool;
  /** Counts by entry: one person may have several names, and the directory counts bad passwords by entry too. */
  readonly entries: FailureBudget;
  readonly base: string;
  readonly idAttribute: string;
  readonly report: DirectoryReport;
}

/**
 * Search, then bind (security reference section 6): the name as typed goes into one filter value and nowhere else; the
 * password goes with the DN that the directory returned.
 */
export const createSearchThenBind = ({ conditions, search, read, binds, entries, base, idAttribute, report }: SearchThenBindOptions): LoginWay => {
  // Costs what a known name costs, so that time does not tell which names exist (attack 53). The password stays out of it.
  const reject = async (reason: 'unknown-subject' | 'ambiguous-subject', signal: AbortSignal): Promise<LoginAnswer> => {
    await bindOnce(binds, `cn=${randomUUID()},${base}`, randomUUID(), report, signal);
    return rejected(reason);
  };
  return async ({ loginName, password, source, signal }, finish) => {
    for (const { attribute, value } of conditions(loginName)) {
      const entry = await search(attribute, value, read, signal);
      if (entry === 'none') continue;
      if (entry === 'several') {
        report('several-entries-for-one-login-name');
        return reject('ambiguous-subject', signal);
      }
      // A directory that is not set up as the settings say gets no password.
      if (entry.attributes.get(idAttribute.toLowerCase())?.length !== 1) throw undecided(report, 'entry-without-id-attribute');
      if (entry.dn === '') throw undecided(report, 'entry-without-dn-attribute');
      const account = canonicalDirectoryName(entry.dn) ?? entry.dn;
      const budget = entries.take(account, source);
      if (budget.kind === 'spent') return { kind: 'throttled', retryAfterSeconds: budget.retryAfterSeconds };
      const refusal = await bindOnce(binds, entry.dn, password, report, signal).catch((error: unknown) => {
        entries.giveBack(account, source);
        throw error;
      });
      if (refusal !== null) return refusal;
      entries.succeeded(account, source);
      return finish(entry, attribute, read, signal);
    }
    return reject('unknown-subject', signal);
  };
};
