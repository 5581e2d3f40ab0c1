import type { Verification } from '../contract/outcome.js';
import type { Groups, VerifiedFacts } from '../contract/principal.js';
import { readCompactToken } from '../credential/compact-token.js';
import type { GroupSource } from '../groups/group.source.js';

/** Puts the groups that a token does not tell into the facts that it gave. */
export type GroupCompletion = (token: string, verification: Verification) => Promise<Verification>;

/** @param always true asks even when the token tells its groups, and then believes the directory alone */
export const createGroupCompletion = (source: GroupSource, always: boolean): GroupCompletion => {
  // Equal groups for one token are one object again, which the runner knows as one principal.
  const completed = new WeakMap<VerifiedFacts, { readonly groups: Groups; readonly verification: Verification }>();
  return async (token, verification) => {
    if (verification.kind !== 'verified') return verification;
    const { facts } = verification;
    if (facts.tenant === null || (facts.groups.kind === 'known' && !always)) return verification;
    const groups = await source.groupsOf({ tenant: facts.tenant, objectId: facts.subject, kind: objectKindOf(token) });
    const known = completed.get(facts);
    if (known?.groups === groups) return known.verification;
    const whole: Verification = { kind: 'verified', facts: { ...facts, groups } };
    completed.set(facts, { groups, verification: whole });
    return whole;
  };
};

/** Only a user's token has `scp` (Microsoft's access-token-claims-reference); the verifier has checked that it is one or the other. */
const objectKindOf = (token: string): 'user' | 'application' => (readCompactToken(token)?.payload['scp'] === undefined ? 'application' : 'user');
