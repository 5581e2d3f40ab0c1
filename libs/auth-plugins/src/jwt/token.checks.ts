import { errors, type JWTPayload } from 'jose';
import type { RejectReason } from '../contract/outcome.js';

/** For `nbf` and `iat` only; `exp` has none (I12). Seconds. */
export const CLOCK_TOLERANCE_SECONDS = 60;

/** jose's closed set of errors as ours; an error of anyone else is thrown on. */
export const rejectReasonOf = (error: unknown): RejectReason => {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'nbf') return error.reason === 'check_failed' ? 'not-yet-valid' : 'bad-claims';
    if (error.claim === 'iss') return 'wrong-issuer';
    return error.claim === 'aud' ? 'wrong-audience' : 'bad-claims';
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'bad-signature';
  if (error instanceof errors.JOSEAlgNotAllowed) return 'wrong-algorithm';
  if (error instanceof errors.JOSEError) return 'malformed';
  throw error;
};

/**
 * The times of a token whose signature holds. jose lets `exp` be late by its tolerance and `iat` lie in the future.
 * @param now epoch seconds
 * @returns null when they hold
 */
export const checkTimes = ({ exp, iat, nbf }: JWTPayload, now: number, maxLifeSeconds: number): RejectReason | null => {
  if (!Number.isSafeInteger(exp) || !Number.isSafeInteger(iat) || (nbf !== undefined && !Number.isSafeInteger(nbf))) return 'bad-claims';
  const [end, start] = [exp ?? 0, iat ?? 0];
  if (end <= now) return 'expired';
  if (start > now + CLOCK_TOLERANCE_SECONDS) return 'not-yet-valid';
  return end - start > maxLifeSeconds || start < 0 || (nbf ?? 0) < 0 ? 'bad-claims' : null;
};
