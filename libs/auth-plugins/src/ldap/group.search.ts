import { canonicalGroupId } from '../authority/group-id.js';
import type { Groups } from '../contract/principal.js';
import { guidOf } from './directory.entry.js';
import type { Assertion, DirectoryEntry } from './directory.driver.js';
import type { Read } from './directory.reader.js';
import type { GroupSearchSettings } from './group.settings.js';
import type { DirectoryReport } from './user.search.js';
import { undecided } from './user.search.js';

/** Whose groups: the entry's DN, and its name for directories whose groups hold names (RFC 2307). */
export interface Member {
  readonly dn: string;
  readonly name: string;
}

/**
 * All groups that hold this member. More of them than the settings allow is `unknown`, never a part.
 * @throws Unavailable, or DirectoryFailure, when the directory did not say
 */
export type GroupSearch = (member: Member, read: Read, signal: AbortSignal) => Promise<Groups>;

/** Active Directory's LDAP_MATCHING_RULE_IN_CHAIN (MS-ADTS 3.1.1.3.4.4.3): members of members too. */
const IN_CHAIN = '1.2.840.113556.1.4.1941';
/** Values in one filter: a longer one is refused by some servers. */
const FILTER_VALUES = 50;

const UNKNOWN: Groups = { kind: 'unknown' };

export const createGroupSearch = (settings: GroupSearchSettings, report: DirectoryReport): GroupSearch => {
  const { base, memberAttribute, objectClass, nested, idAttribute, maxGroups, maxDepth } = settings;
  const fixed = objectClass === undefined ? [] : [{ attribute: 'objectClass', value: objectClass }];
  const attributes = idAttribute === 'dn' ? ['1.1'] : [idAttribute];

  /** @returns null for more than are allowed */
  const groupsOf = async (members: readonly string[], read: Read, signal: AbortSignal): Promise<readonly DirectoryEntry[] | null> => {
    const anyOf = members.map((value): Assertion => ({ attribute: memberAttribute, value, ...(nested === 'in-chain' ? { rule: IN_CHAIN } : {}) }));
    const answer = await read({ base, scope: 'sub', equals: fixed, anyOf, attributes, sizeLimit: maxGroups }, signal);
    switch (answer.kind) {
      case 'refused':
        throw undecided(report, 'group-search-refused', answer.code);
      case 'referral':
        throw undecided(report, 'group-search-referral');
      case 'too-many':
        return null;
      case 'entries':
        return answer.entries;
    }
  };
  const tooMany = (event: string): Groups => {
    report(event);
    return UNKNOWN;
  };

  return async ({ dn, name }, read, signal) => {
    const found = new Map<string, string>();
    let members: readonly string[] = [memberAttribute.toLowerCase() === 'memberuid' ? name : dn];
    for (let depth = 0; members.length > 0; depth += 1) {
      if (depth > (nested === 'walk' ? maxDepth : 0)) return nested === 'walk' ? tooMany('groups-nested-too-deep') : known(found);
      const next: string[] = [];
      for (let at = 0; at < members.length; at += FILTER_VALUES) {
        const entries = await groupsOf(members.slice(at, at + FILTER_VALUES), read, signal);
        if (entries === null) return tooMany('too-many-groups');
        for (const entry of entries) {
          const place = canonicalGroupId(entry.dn);
          const id = idAttribute === 'dn' ? place : idOf(entry, idAttribute);
          if (place === null || id === null) return tooMany('group-without-id');
          // Circles end here: a group that was met is not asked about again.
          if (found.has(place)) continue;
          found.set(place, id);
          next.push(entry.dn);
        }
        if (found.size > maxGroups) return tooMany('too-many-groups');
      }
      members = next;
    }
    return known(found);
  };
};

const known = (found: ReadonlyMap<string, string>): Groups => ({ kind: 'known', ids: [...found.values()] });

const idOf = (entry: DirectoryEntry, attribute: string): string | null => {
  const [id, ...others] = entry.attributes.get(attribute.toLowerCase()) ?? [];
  if (id === undefined || others.length > 0) return null;
  return canonicalGroupId(attribute.toLowerCase() === 'objectguid' ? guidOf(id) : id.toString('utf8'));
};
