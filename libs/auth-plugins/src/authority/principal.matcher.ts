import type { Groups, VerifiedPrincipal } from '../contract/principal.js';
import { StartupError } from '../contract/startup.error.js';
import { canonicalGroupId, isGuid } from './group-id.js';

/** `unknown`: a group decides, and nobody could tell whether the principal is in it (I24). */
export type Membership = 'in' | 'out' | 'unknown';

/** Who is meant, by what an authority says of its principals; one match is enough. */
export interface PrincipalMatch {
  /** Full DNs or GUIDs. */
  readonly groups?: readonly string[] | undefined;
  readonly roles?: readonly string[] | undefined;
  readonly applications?: readonly string[] | undefined;
  /** The authority's own names of principals (Entra: object ids), compared exactly. */
  readonly principals?: readonly string[] | undefined;
}

export type MatchedPrincipal = Pick<VerifiedPrincipal, 'name' | 'groups' | 'roles' | 'applicationId'>;

/**
 * @param what names the rule in the error
 * @throws StartupError for a group that is neither a full DN nor a GUID
 */
export const createPrincipalMatcher = (what: string, match: PrincipalMatch): ((principal: MatchedPrincipal) => Membership) => {
  const groups = new Set((match.groups ?? []).map((text) => ruleGroup(what, text)));
  const roles = new Set(match.roles);
  const applications = new Set((match.applications ?? []).map((id) => id.toLowerCase()));
  // An authority writes GUIDs in lower case; people copy them in either.
  const principals = new Set((match.principals ?? []).map((name) => (isGuid(name) ? name.toLowerCase() : name)));
  return (principal) => {
    if (principals.has(principal.name)) return 'in';
    if (principal.roles.some((role) => roles.has(role))) return 'in';
    if (principal.applicationId !== null && applications.has(principal.applicationId.toLowerCase())) return 'in';
    return groups.size === 0 ? 'out' : membershipIn(groups, principal.groups);
  };
};

const membershipIn = (wanted: ReadonlySet<string>, groups: Groups): Membership => {
  switch (groups.kind) {
    case 'known':
      return groups.ids.some((id) => wanted.has(id)) ? 'in' : 'out';
    case 'at-least':
      return groups.ids.some((id) => wanted.has(id)) ? 'in' : 'unknown';
    case 'unknown':
      return 'unknown';
  }
};

const ruleGroup = (what: string, text: string): string => {
  const group = canonicalGroupId(text);
  if (group === null) throw new StartupError(`${what}: group '${text}' is neither a full DN nor a GUID`);
  return group;
};
