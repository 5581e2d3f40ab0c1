import { errors, jwtVerify, type JWTHeaderParameters, type JWTPayload } from 'jose';
import { Unavailable, type RejectReason, type Verification } from '../contract/outcome.js';
import type { Clock } from '../contract/plugin.js';
import { readCompactToken } from '../credential/compact-token.js';
import type { KeyStore } from '../keys/key.store.js';
import { readEntraClaims } from './entra.claims.js';
import type { EntraVersion } from './entra.settings.js';

/** One issuer of the tenant, with its own keys and audiences: nothing of another issuer is ever consulted (I1). */
export interface EntraIssuer {
  readonly version: EntraVersion;
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly keys: KeyStore;
}

export interface EntraVerifierOptions {
  readonly pluginId: string;
  readonly authority: string;
  readonly tenant: string;
  readonly issuers: readonly EntraIssuer[];
  readonly maxTokenLifeSeconds: number;
  readonly clock: Clock;
}

/** For `nbf` and `iat` only; `exp` has no tolerance (I12). */
const CLOCK_TOLERANCE_SECONDS = 60;
const MAX_KID_LENGTH = 256;

const rejected = (reason: RejectReason): Verification => ({ kind: 'rejected', reason });

/** Raised inside jose's key callback, which can answer by throwing only. */
class UnknownKey extends Error {}

/**
 * Verifies a compact token by jose: RS256 alone, issuer and audience pinned by version, required claims.
 * @throws Unavailable when the issuer's keys could not be had
 */
export const createEntraVerifier = (options: EntraVerifierOptions): ((token: string) => Promise<Verification>) => {
  const byIssuer = new Map(options.issuers.map((issuer) => [issuer.issuer, issuer]));
  return async (token) => {
    const unverified = readCompactToken(token);
    if (unverified === null) return rejected('malformed');
    const { header, payload: claimed } = unverified;
    if (header['alg'] !== 'RS256') return rejected('wrong-algorithm');
    if ('crit' in header || 'b64' in header || (header['typ'] !== undefined && header['typ'] !== 'JWT')) return rejected('bad-claims');
    if (typeof header['kid'] !== 'string' || header['kid'] === '' || header['kid'].length > MAX_KID_LENGTH) return rejected('unknown-key');
    const issuer = typeof claimed['iss'] === 'string' ? byIssuer.get(claimed['iss']) : undefined;
    if (issuer === undefined) return rejected('wrong-issuer');
    const now = options.clock.now();
    const verified = await verifySignature(token, issuer, now);
    if (verified.kind === 'rejected') return verified;
    const wrong = checkTimes(verified.payload, now / 1000, options.maxTokenLifeSeconds) ?? checkAudience(verified.payload);
    if (wrong !== null) return rejected(wrong);
    const reading = readEntraClaims(verified.payload, { tenant: options.tenant, version: issuer.version });
    if (reading.kind === 'rejected') return reading;
    const { objectId, tenant, applicationId, groups, roles } = reading.claims;
    return {
      kind: 'verified',
      facts: {
        authority: options.authority,
        pluginId: options.pluginId,
        tenant,
        subject: objectId,
        issuerKey: issuer.issuer,
        name: objectId,
        groups,
        roles,
        applicationId,
        verifiedAt: now,
        credentialExpiresAt: (verified.payload.exp ?? 0) * 1000,
      },
    };
  };
};

const verifySignature = async (
  token: string,
  issuer: EntraIssuer,
  now: number,
): Promise<{ readonly kind: 'payload'; readonly payload: JWTPayload } | { readonly kind: 'rejected'; readonly reason: RejectReason }> => {
  const keyOfHeader = async ({ kid }: JWTHeaderParameters) => {
    const key = await issuer.keys.keyFor(kid ?? '');
    if (key === null) throw new UnknownKey();
    return key;
  };
  try {
    const { payload } = await jwtVerify(token, keyOfHeader, {
      algorithms: ['RS256'],
      issuer: issuer.issuer,
      audience: [...issuer.audiences],
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
  if (error instanceof Unavailable) throw error;
  if (error instanceof UnknownKey) return 'unknown-key';
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

/** jose has checked that the three are numbers; it lets `exp` be late by the tolerance and `iat` lie in the future. */
const checkTimes = ({ exp = 0, iat = 0, nbf = 0 }: JWTPayload, now: number, maxLife: number): RejectReason | null => {
  if (!Number.isSafeInteger(exp) || !Number.isSafeInteger(iat) || !Number.isSafeInteger(nbf)) return 'bad-claims';
  if (exp <= now) return 'expired';
  if (iat > now + CLOCK_TOLERANCE_SECONDS) return 'not-yet-valid';
  return exp - iat > maxLife || iat < 0 || nbf < 0 ? 'bad-claims' : null;
};

/** One audience, as Entra issues: among several, a token made for another service could carry ours (attack 12). */
const checkAudience = ({ aud }: JWTPayload): RejectReason | null => (typeof aud === 'string' ? null : 'wrong-audience');
