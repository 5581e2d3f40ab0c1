import type { CertificateRejectReason } from './client-certificate.js';
import type { VerifiedFacts } from './principal.js';

/**
 * Could not decide: 503 with Retry-After, never 401 (Must 4). `upstream` names what was away ('directory', 'keys'),
 * for the log; nothing of it reaches the caller.
 */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
  constructor(
    readonly upstream: string,
    readonly retryAfterSeconds = 5,
    options?: { cause?: unknown },
  ) {
    super(`${upstream} unavailable`, options);
  }
}

/** Failure budget spent (I28): 429 with Retry-After. Nothing was asked of the directory. */
export class Throttled extends Error {
  override readonly name = 'Throttled';
  constructor(readonly retryAfterSeconds: number) {
    super('too many failed logins');
  }
}

/** What a strategy hands to passport's `fail`: the reason for audit and metrics, nothing for the caller. */
export interface Rejection {
  readonly reason: RejectReason;
}

/** Why a credential was rejected: for audit and metrics, never for the caller. A closed set. */
export type RejectReason =
  | 'malformed'
  | 'bad-credential'
  | 'unknown-subject'
  | 'ambiguous-subject'
  | 'account-disabled'
  | 'account-expired'
  | 'account-locked'
  | 'password-expired'
  | 'logon-restricted'
  | 'bad-signature'
  | 'unknown-key'
  | 'wrong-algorithm'
  | 'wrong-issuer'
  | 'wrong-audience'
  | 'wrong-tenant'
  | 'expired'
  | 'not-yet-valid'
  | 'bad-claims'
  | 'refused-form'
  | CertificateRejectReason;

/** What a verifier says: expected outcomes are data; it throws only `Unavailable` and bugs. */
export type Verification =
  | { readonly kind: 'verified'; readonly facts: VerifiedFacts }
  | { readonly kind: 'rejected'; readonly reason: RejectReason }
  /** Failure budget spent (I28): 429 with Retry-After, and no upstream traffic. */
  | { readonly kind: 'throttled'; readonly retryAfterSeconds: number };
