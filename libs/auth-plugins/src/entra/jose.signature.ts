import { errors, jwtVerify } from 'jose';
import type { RejectReason } from '../contract/outcome.js';
import { CLOCK_TOLERANCE_SECONDS, type VerifySignature } from './token.signature.js';

/** By jose, the default. */
export const verifyByJose: VerifySignature = async (token, { key, issuer, audiences, now }) => {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: ['RS256'],
      issuer,
      audience: [...audiences],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: new Date(now),
      requiredClaims: ['exp', 'iat', 'nbf', 'tid', 'oid', 'sub', 'ver'],
    });
    return { kind: 'payload', payload };
  } catch (error) {
    return { kind: 'rejected', reason: reasonOf(error) };
  }
};

/** jose's closed set of errors as ours; an error of neither is passed on. */
const reasonOf = (error: unknown): RejectReason => {
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
