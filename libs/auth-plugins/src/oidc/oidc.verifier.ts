import { jwtVerify, type JWTPayload } from 'jose';
import type { RejectReason, Verification } from '../contract/outcome.js';
import type { Clock } from '../contract/plugin.js';
import { readCompactToken } from '../credential/compact-token.js';
import { checkTimes, CLOCK_TOLERANCE_SECONDS, rejectReasonOf } from '../jwt/token.checks.js';
import type { SignatureAlgorithm } from '../keys/jwks.shape.js';
import type { KeyStore } from '../keys/key.store.js';
import { readOidcClaims } from './oidc.claims.js';
import type { OidcSettings } from './oidc.settings.js';

export interface OidcVerifierOptions {
  readonly settings: OidcSettings;
  readonly keys: KeyStore;
  readonly clock: Clock;
}

const MAX_KID_LENGTH = 256;

const rejected = (reason: RejectReason): Verification => ({ kind: 'rejected', reason });

/**
 * Verifies a compact access token of one issuer by jose: algorithms, issuer, audiences and `typ` are the settings' own.
 * @throws Unavailable when the issuer's keys could not be had
 */
export const createOidcVerifier = ({ settings, keys, clock }: OidcVerifierOptions): ((token: string) => Promise<Verification>) => {
  const { id, authority, issuer, audiences } = settings;
  return async (token) => {
    const unverified = readCompactToken(token);
    if (unverified === null) return rejected('malformed');
    const { header, payload: claimed } = unverified;
    const algorithm = settings.algorithms.find((each) => each === header['alg']);
    if (algorithm === undefined) return rejected('wrong-algorithm');
    if ('crit' in header || 'b64' in header || !isAllowedType(header['typ'], settings.types)) return rejected('bad-claims');
    const { kid } = header;
    if (typeof kid !== 'string' || kid === '' || kid.length > MAX_KID_LENGTH) return rejected('unknown-key');
    if (claimed['iss'] !== issuer) return rejected('wrong-issuer');
    const now = clock.now();
    const key = await keys.keyFor(kid, algorithm);
    if (key === null) return rejected('unknown-key');
    const verified = await verifySignature(token, { key, algorithm, issuer, audiences, now });
    if (verified.kind === 'rejected') return verified;
    const { payload } = verified;
    const wrong = checkTimes(payload, now / 1000, settings.maxTokenLifeSeconds) ?? checkAudience(payload, settings.allowSeveralAudiences);
    if (wrong !== null) return rejected(wrong);
    const reading = readOidcClaims(payload, settings);
    if (reading.kind === 'rejected') return reading;
    // The pair (iss, sub) is what an issuer promises never to give to another (OpenID Connect Core section 5.7).
    const facts = { authority, pluginId: id, tenant: issuer, issuerKey: issuer, verifiedAt: now, credentialExpiresAt: (payload.exp ?? 0) * 1000 };
    return { kind: 'verified', facts: { ...facts, ...reading.claims } };
  };
};

/** RFC 9068 section 4 and RFC 7515 section 4.1.9: without case, `application/` may be left out. */
const isAllowedType = (typ: unknown, types: OidcSettings['types']): boolean => {
  if (typ === undefined) return types.includes('none');
  const name = typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : '';
  return types.some((type) => type !== 'none' && type.toLowerCase() === name);
};

interface Expected {
  readonly key: Parameters<typeof jwtVerify>[1];
  readonly algorithm: SignatureAlgorithm;
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly now: number;
}

const verifySignature = async (token: string, { key, algorithm, issuer, audiences, now }: Expected): Promise<{ readonly kind: 'payload'; readonly payload: JWTPayload } | { readonly kind: 'rejected'; readonly reason: RejectReason }> => {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: [algorithm],
      issuer,
      audience: [...audiences],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: new Date(now),
      requiredClaims: ['exp', 'iat', 'sub'],
    });
    return { kind: 'payload', payload };
  } catch (error) {
    return { kind: 'rejected', reason: rejectReasonOf(error) };
  }
};

/** One audience unless settings say otherwise: among several, a token made for another service carries ours too (attack 12). */
const checkAudience = ({ aud }: JWTPayload, allowSeveral: boolean): RejectReason | null => (typeof aud === 'string' || allowSeveral || aud?.length === 1 ? null : 'wrong-audience');
