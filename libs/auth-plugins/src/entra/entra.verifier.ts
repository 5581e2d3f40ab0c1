import type { JWTPayload } from 'jose';
import type { RejectReason, Verification } from '../contract/outcome.js';
import type { Clock } from '../contract/plugin.js';
import { readCompactToken } from '../credential/compact-token.js';
import { hdinsightKey } from '../kafka-credentials/matrix.check.js';
import type { KeyStore } from '../keys/key.store.js';
import { CLOCK_TOLERANCE_SECONDS } from '../jwt/token.checks.js';
import { readEntraClaims } from './entra.claims.js';
import type { EntraVersion } from './entra.settings.js';
import { verifyByJose } from './jose.signature.js';
import type { VerifySignature } from './token.signature.js';

/** One issuer of the tenant, with its own keys and audiences: nothing of another issuer is ever consulted (I1). */
export interface EntraIssuer {
  readonly version: EntraVersion;
  readonly issuer: string;
  readonly audiences: readonly string[];
  /** HDInsight's (I20). */
  readonly foreignAudiences?: readonly string[];
  readonly keys: KeyStore;
}

export interface EntraVerifierOptions {
  readonly pluginId: string;
  readonly authority: string;
  readonly tenant: string;
  readonly issuers: readonly EntraIssuer[];
  readonly maxTokenLifeSeconds: number;
  readonly clock: Clock;
  /** Default: jose. */
  readonly verifySignature?: VerifySignature;
}

const MAX_KID_LENGTH = 256;

const rejected = (reason: RejectReason): Verification => ({ kind: 'rejected', reason });

/**
 * Verifies a compact token: RS256 alone, issuer and audience pinned by version, required claims.
 * @throws Unavailable when the issuer's keys could not be had
 */
export const createEntraVerifier = (options: EntraVerifierOptions): ((token: string) => Promise<Verification>) => {
  const { verifySignature = verifyByJose } = options;
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
    const key = await issuer.keys.keyFor(header['kid']);
    if (key === null) return rejected('unknown-key');
    const verified = await verifySignature(token, { key, issuer: issuer.issuer, audiences: [...issuer.audiences, ...(issuer.foreignAudiences ?? [])], now });
    if (verified.kind === 'rejected') return verified;
    const wrong = checkTimes(verified.payload, now / 1000, options.maxTokenLifeSeconds) ?? checkAudience(verified.payload);
    if (wrong !== null) return rejected(wrong);
    const reading = readEntraClaims(verified.payload, { tenant: options.tenant, version: issuer.version });
    if (reading.kind === 'rejected') return reading;
    const isForeign = !issuer.audiences.includes(verified.payload.aud as string);
    const { objectId, tenant, applicationId, groups, roles } = reading.claims;
    return {
      kind: 'verified',
      facts: {
        authority: options.authority,
        pluginId: options.pluginId,
        tenant,
        subject: objectId,
        issuerKey: isForeign ? hdinsightKey(issuer.issuer) : issuer.issuer,
        name: objectId,
        groups,
        roles,
        applicationId,
        verifiedAt: now,
        credentialExpiresAt: (verified.payload.exp ?? 0) * 1000,
        ...(isForeign ? ({ onlyFor: 'hdinsight' } as const) : {}),
      },
    };
  };
};

/** What no library does as I12 has it: `exp` without tolerance, `iat` not in the future, whole numbers, a bounded life. */
const checkTimes = ({ exp, iat, nbf }: JWTPayload, now: number, maxLife: number): RejectReason | null => {
  if (!isSeconds(exp) || !isSeconds(iat) || !isSeconds(nbf)) return 'bad-claims';
  if (exp <= now) return 'expired';
  if (Math.max(iat, nbf) > now + CLOCK_TOLERANCE_SECONDS) return 'not-yet-valid';
  return exp - iat > maxLife || iat < 0 || nbf < 0 ? 'bad-claims' : null;
};

const isSeconds = (value: unknown): value is number => Number.isSafeInteger(value);

/** One audience, as Entra issues: among several, a token made for another service could carry ours (attack 12). */
const checkAudience = ({ aud }: JWTPayload): RejectReason | null => (typeof aud === 'string' ? null : 'wrong-audience');
