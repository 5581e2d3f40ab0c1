import type { VerifiedPrincipal } from '../contract/principal.js';
import { StartupError } from '../contract/startup.error.js';
import type { AuthoritySettings } from './authority.settings.js';
import { canonicalGroupId } from './group-id.js';

/** Whether an authority lets this principal in at all (I24). `unknown` is 503, never a guess. */
export type Admission =
  | { readonly kind: 'admitted' }
  | { readonly kind: 'refused'; readonly reason: 'no-rule-matches' | 'refused-by-rule' }
  | { readonly kind: 'unknown' };

type Membership = 'in' | 'out' | 'unknown';
type Subject = Pick<VerifiedPrincipal, 'groups' | 'roles' | 'applicationId'>;
type Match = NonNullable<AuthoritySettings['refuses']>;

/** @throws StartupError for a group that is neither a full DN nor a GUID */
export const createAdmissionRule = (authority: AuthoritySettings): ((principal: Subject) => Admission) => {
  const { anyoneInThisTenant = false, ...admits } = authority.admits;
  const admitted = createMatcher(authority.id, admits);
  const refused = createMatcher(authority.id, authority.refuses ?? {});
  if (!anyoneInThisTenant && Object.values(admits).every((list) => list === undefined || list.length === 0))
    throw new StartupError(`authority '${authority.id}' does not say whom it admits: groups, roles, applications or anyoneInThisTenant: true`);
  return (principal) => {
    const refusal = refused(principal);
    if (refusal === 'in') return { kind: 'refused', reason: 'refused-by-rule' };
    const admission = anyoneInThisTenant ? 'in' : admitted(principal);
    if (admission === 'out') return { kind: 'refused', reason: 'no-rule-matches' };
    // A deny that cannot be ruled out outweighs an admission that is certain.
    return refusal === 'unknown' || admission === 'unknown' ? { kind: 'unknown' } : { kind: 'admitted' };
  };
};

const createMatcher = (authorityId: string, match: Match): ((principal: Subject) => Membership) => {
  const groups = new Set((match.groups ?? []).map((text) => ruleGroup(authorityId, text)));
  const roles = new Set(match.roles);
  const applications = new Set((match.applications ?? []).map((id) => id.toLowerCase()));
  return (principal) => {
    if (principal.roles.some((role) => roles.has(role))) return 'in';
    if (principal.applicationId !== null && applications.has(principal.applicationId.toLowerCase())) return 'in';
    if (groups.size === 0) return 'out';
    if (principal.groups.kind === 'unknown') return 'unknown';
    return principal.groups.ids.some((id) => groups.has(id)) ? 'in' : 'out';
  };
};

const ruleGroup = (authorityId: string, text: string): string => {
  const group = canonicalGroupId(text);
  if (group === null) throw new StartupError(`authority '${authorityId}': group '${text}' is neither a full DN nor a GUID`);
  return group;
};
