import type { AuthoritySettings } from './authority.settings.js';
import { canonicalGroupId } from './group-id.js';

/** A rule elsewhere that names groups of an authority. */
export interface GroupNaming {
  readonly authority: string;
  readonly groups: readonly string[];
}

/**
 * Every group that any rule names, by authority, in canonical form: what a group source has to ask for. A group that is
 * missing here would be taken as "not a member", so every part that has rules must bring them.
 */
export const createNamedGroups = (authorities: readonly AuthoritySettings[], further: readonly GroupNaming[] = []): ((authority: string) => readonly string[]) => {
  const named = new Map<string, Set<string>>();
  const own = authorities.map(({ id, admits, refuses }): GroupNaming => ({ authority: id, groups: [...(admits.groups ?? []), ...(refuses?.groups ?? [])] }));
  for (const { authority, groups } of [...own, ...further]) {
    const ids = named.get(authority) ?? new Set();
    for (const group of groups) ids.add(canonicalGroupId(group) ?? group);
    named.set(authority, ids);
  }
  return (authority) => [...(named.get(authority) ?? [])];
};
