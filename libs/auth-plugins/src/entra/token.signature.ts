import type { KeyObject } from 'node:crypto';
import type { JWTPayload } from 'jose';
import type { RejectReason } from '../contract/outcome.js';

/** What one issuer's tokens are held against. */
export interface SignatureTerms {
  readonly key: KeyObject;
  readonly issuer: string;
  readonly audiences: readonly string[];
  /** Epoch ms. */
  readonly now: number;
}

export type SignatureReading = { readonly kind: 'payload'; readonly payload: JWTPayload } | { readonly kind: 'rejected'; readonly reason: RejectReason };

/**
 * A library that verifies RS256, issuer, audience and times of a compact token whose form and header were checked before.
 * It is lenient by the tolerance at most; what must be exact is checked again after it.
 */
export type VerifySignature = (token: string, terms: SignatureTerms) => Promise<SignatureReading>;
