import type { KeyObject } from 'node:crypto';
import { errors, jwtVerify, type JWTPayload } from 'jose';
import type { RejectReason } from '../contract/outcome.js';
import type { Clock } from '../contract/plugin.js';
import { readCompactToken } from '../credential/compact-token.js';
import { isNamingText } from '../jwt/text.claim.js';
import { checkTimes, CLOCK_TOLERANCE_SECONDS, rejectReasonOf } from '../jwt/token.checks.js';

/** What an MDS token says: whose it is, and until when (epoch ms). */
export type MdsTokenReading = { readonly kind: 'token'; readonly subject: string; readonly expiresAt: number } | { readonly kind: 'rejected'; readonly reason: RejectReason };

export type VerifyMdsToken = (token: string) => Promise<MdsTokenReading>;

export interface MdsTokenVerifierOptions {
  /** Tried in turn: the header names none (`kid` is null). */
  readonly keys: readonly KeyObject[];
  readonly issuer: string;
  /** Takes tokens that MDS made for an impersonator (`cp_proxy`). */
  readonly allowImpersonated: boolean;
  readonly maxTokenLifeSeconds: number;
  readonly clock: Clock;
}

const rejected = (reason: RejectReason): MdsTokenReading => ({ kind: 'rejected', reason });

/**
 * Verifies a token of Confluent's Metadata Service by keys that are pinned here: RS256 alone, exact issuer, `exp` to the
 * second. There is no audience to check: MDS writes none, so that any component that holds a token could show it here.
 */
export const createMdsTokenVerifier =
  ({ keys, issuer, allowImpersonated, maxTokenLifeSeconds, clock }: MdsTokenVerifierOptions): VerifyMdsToken =>
  async (token) => {
    const unverified = readCompactToken(token);
    if (unverified === null) return rejected('malformed');
    const { header, payload: claimed } = unverified;
    if (header['alg'] !== 'RS256') return rejected('wrong-algorithm');
    if ('crit' in header || 'b64' in header || (header['typ'] !== undefined && header['typ'] !== 'JWT')) return rejected('bad-claims');
    if (!isKid(header['kid'])) return rejected('unknown-key');
    if (claimed['iss'] !== issuer) return rejected('wrong-issuer');
    const now = clock.now();
    const verified = await verifyByOneOf(token, keys, issuer, now);
    if (verified.kind === 'rejected') return verified;
    const { payload } = verified;
    const wrong = checkTimes(payload, now / 1000, maxTokenLifeSeconds);
    if (wrong !== null) return rejected(wrong);
    // A token with an audience is none of MDS's: made by its key for something else.
    if (payload.aud !== undefined) return rejected('wrong-audience');
    if ('cp_proxy' in payload && !allowImpersonated) return rejected('refused-form');
    if (!isNamingText(payload.sub)) return rejected('bad-claims');
    return { kind: 'token', subject: payload.sub, expiresAt: (payload.exp ?? 0) * 1000 };
  };

/** MDS writes null; a name that some later one may write chooses nothing here, and anything else was not written by MDS (attack 5). */
const isKid = (kid: unknown): boolean => kid === undefined || kid === null || (typeof kid === 'string' && /^[\w-]{1,256}$/.test(kid));

type Signed = { readonly kind: 'payload'; readonly payload: JWTPayload } | { readonly kind: 'rejected'; readonly reason: RejectReason };

const verifyByOneOf = async (token: string, keys: readonly KeyObject[], issuer: string, now: number): Promise<Signed> => {
  for (const key of keys) {
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: ['RS256'],
        issuer,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(now),
        requiredClaims: ['exp', 'iat', 'sub'],
      });
      return { kind: 'payload', payload };
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) return { kind: 'rejected', reason: rejectReasonOf(error) };
    }
  }
  return { kind: 'rejected', reason: 'bad-signature' };
};
