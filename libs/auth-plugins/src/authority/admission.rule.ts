import { StartupError } from '../contract/startup.error.js';
import type { AuthoritySettings } from './authority.settings.js';
import { createPrincipalMatcher, type MatchedPrincipal } from './principal.matcher.js';

/** Whether an authority lets this principal in at all (I24). `unknown` is 503, never a guess. */
export type Admission =
  | { readonly kind: 'admitted' }
  | { readonly kind: 'refused'; readonly reason: 'no-rule-matches' | 'refused-by-rule' }
  | { readonly kind: 'unknown' };

/** @throws StartupError for a group that is neither a full DN nor a GUID */
export const createAdmissionRule = (authority: AuthoritySettings): ((principal: MatchedPrincipal) => Admission) => {
  const { anyoneInThisTenant = false, ...admits } = authority.admits;
  const admitted = createPrincipalMatcher(`authority '${authority.id}'`, admits);
  const refused = createPrincipalMatcher(`authority '${authority.id}'`, authority.refuses ?? {});
  if (!anyoneInThisTenant && Object.values(admits).every((list) => list === undefined || list.length === 0))
    throw new StartupError(`authority '${authority.id}' does not say whom it admits: groups, roles, applications, principals or anyoneInThisTenant: true`);
  return (principal) => {
    const refusal = refused(principal);
    if (refusal === 'in') return { kind: 'refused', reason: 'refused-by-rule' };
    const admission = anyoneInThisTenant ? 'in' : admitted(principal);
    if (admission === 'out') return { kind: 'refused', reason: 'no-rule-matches' };
    // A deny that cannot be ruled out outweighs an admission that is certain.
    return refusal === 'unknown' || admission === 'unknown' ? { kind: 'unknown' } : { kind: 'admitted' };
  };
};
