import type { VerifiedPrincipal } from '../contract/principal.js';
import { StartupError } from '../contract/startup.error.js';
import { createAdmissionRule, type Admission } from './admission.rule.js';
import type { AuthoritySettings } from './authority.settings.js';
import { kafkaNameOf, type KafkaName } from './kafka-name.rule.js';
import { assertDisjointNames } from './name-ownership.js';
import { createProtectedNames } from './protected-names.js';
import { assertSharedName } from './shared-name.js';

/** What the configured sources of identities say of a principal: may it come in, and who is it at Kafka. */
export interface Authorities {
  readonly ids: readonly string[];
  admission(principal: VerifiedPrincipal): Admission;
  /** The same rule on every cluster today; the cluster stays in the signature because I9 makes the name a matter of both. */
  kafkaName(principal: VerifiedPrincipal, clusterId: string): KafkaName;
  /** What a token for another resource, or a shared name, must not meet (I9, I20). */
  readonly traits: (authority: string) => AuthorityTraits;
}

export interface AuthorityTraits {
  readonly admitsAnyone: boolean;
  readonly sharesOneName: boolean;
}

export interface AuthoritiesSettings {
  readonly authorities: readonly AuthoritySettings[];
  readonly protectedNames: readonly string[];
}

/** @throws StartupError for a missing admission rule, overlapping names, an empty protected list, one id twice */
export const createAuthorities = (settings: AuthoritiesSettings): Authorities => {
  const isProtected = createProtectedNames(settings.protectedNames);
  assertDisjointNames(settings.authorities);
  const byId = new Map<string, { readonly settings: AuthoritySettings; readonly admit: (principal: VerifiedPrincipal) => Admission }>();
  for (const authority of settings.authorities) {
    if (byId.has(authority.id)) throw new StartupError(`authority '${authority.id}' is configured twice`);
    assertSharedName(authority, isProtected);
    byId.set(authority.id, { settings: authority, admit: createAdmissionRule(authority) });
  }
  const of = (principal: VerifiedPrincipal) => {
    const authority = byId.get(principal.authority);
    if (authority === undefined) throw new Error(`principal of an authority that is not configured: '${principal.authority}'`);
    return authority;
  };
  return {
    ids: [...byId.keys()],
    traits: (id) => {
      const { admits, kafkaNames } = byId.get(id)?.settings ?? {};
      return { admitsAnyone: admits?.anyoneInThisTenant === true, sharesOneName: kafkaNames?.owns === 'group' };
    },
    admission: (principal) => of(principal).admit(principal),
    kafkaName: (principal, _clusterId) => kafkaNameOf(principal, of(principal).settings.kafkaNames, isProtected),
  };
};
