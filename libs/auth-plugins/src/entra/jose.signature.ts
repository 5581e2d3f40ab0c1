import { jwtVerify } from 'jose';
import { CLOCK_TOLERANCE_SECONDS, rejectReasonOf } from '../jwt/token.checks.js';
import type { VerifySignature } from './token.signature.js';

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
    return { kind: 'rejected', reason: rejectReasonOf(error) };
  }
};
