import type { Secret } from './secret.js';

/**
 * I8: the group state of a principal; groups are authority-qualified full DNs or GUIDs, in the canonical form of
 * `canonicalGroupId`, so that rules compare plain text. `known` is complete for every group that rules name; `at-least`
 * is certain of these and knows nothing of the others; `unknown` is never "none".
 */
export type Groups = { readonly kind: 'known' | 'at-least'; readonly ids: readonly string[] } | { readonly kind: 'unknown' };

/** What a plugin found out about the caller by a real verification. Times are epoch ms. */
export interface VerifiedFacts {
  /** Configured id of the authority that stands behind the plugin. */
  readonly authority: string;
  readonly pluginId: string;
  /** Entra's tid; null where an authority has one tenant. */
  readonly tenant: string | null;
  /** Immutable subject: entryUUID, objectGUID, oid, or the issuer's sub. */
  readonly subject: string;
  /** Row of the credential matrix (I19): the exact verified `iss`, or `authority:<id>` for callers without a token. */
  readonly issuerKey: string;
  /** The canonical name that the authority gives, for Kafka names and people; never as typed. */
  readonly name: string;
  readonly groups: Groups;
  readonly roles: readonly string[];
  /** Entra's azp/appid; null where there is none. */
  readonly applicationId: string | null;
  /** The last real verification of the credential; a cache hit keeps the old one (I11). */
  readonly verifiedAt: number;
  /** `exp` of the presented token or `notAfter` of the certificate; null for passwords. */
  readonly credentialExpiresAt: number | null;
  /** The token that MDS gave for this very login (I15), for cells of the credential matrix that show it; ends with `credentialExpiresAt`. */
  readonly mdsToken?: Secret;
  /** The one API that the credential is good for (I20): it was issued for another resource than Postern. Absent: every API. */
  readonly onlyFor?: 'hdinsight';
}

const made = new WeakSet<object>();

/**
 * The authenticated caller = (authority, tenant, immutable subject) (I8). Only the plugin runner can make one (I6):
 * `isVerifiedPrincipal` knows the real ones, and a dependency rule keeps this file from everyone else.
 */
export interface VerifiedPrincipal extends VerifiedFacts {
  readonly key: string;
}

export const makeVerifiedPrincipal = (facts: VerifiedFacts, key: string): VerifiedPrincipal => {
  const principal = Object.freeze({ ...facts, key });
  made.add(principal);
  return principal;
};

export const isVerifiedPrincipal = (value: unknown): value is VerifiedPrincipal => typeof value === 'object' && value !== null && made.has(value);
