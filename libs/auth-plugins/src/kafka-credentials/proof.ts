import type { VerifiedPrincipal } from '../contract/principal.js';

/**
 * I11: epoch ms after which nothing is minted or shown to a broker for this verification of the caller: the last real
 * verification plus `identity.maxProofAge`, never later than the presented credential's own end.
 */
export const proofUntilOf = (principal: Pick<VerifiedPrincipal, 'verifiedAt' | 'credentialExpiresAt'>, maxProofAgeSeconds: number): number =>
  Math.min(principal.verifiedAt + maxProofAgeSeconds * 1000, principal.credentialExpiresAt ?? Number.POSITIVE_INFINITY);
