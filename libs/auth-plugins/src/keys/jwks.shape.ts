import { createPublicKey, type KeyObject } from 'node:crypto';
import { parseStrictObject } from '../credential/strict-json.js';

/** Verification keys by `kid`. */
export type KeySet = ReadonlyMap<string, KeyObject>;

export type JwksReading = { readonly kind: 'keys'; readonly keys: KeySet } | { readonly kind: 'refused'; readonly why: 'not-json' | 'no-keys' | 'secret-member' | 'weak-key' | 'bad-key' | 'kid-twice' };

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
const MIN_BITS = 2048;
const MAX_KEYS = 100;
const MAX_KID_LENGTH = 256;

/**
 * Reads a JWKS (RFC 7517) as a whole: one bad key refuses the set, because an issuer that publishes a private, symmetric
 * or weak key is not to be trusted with the others either (attack 29). Keys that are not for RS256 are left out.
 */
export const readJwks = (text: string): JwksReading => {
  const document = parseStrictObject(text);
  if (document === null) return { kind: 'refused', why: 'not-json' };
  const entries = document['keys'];
  if (!Array.isArray(entries) || entries.length > MAX_KEYS) return { kind: 'refused', why: 'no-keys' };
  const keys = new Map<string, KeyObject>();
  for (const entry of entries as unknown[]) {
    if (typeof entry !== 'object' || entry === null) return { kind: 'refused', why: 'bad-key' };
    const jwk = entry as Record<string, unknown>;
    if (jwk['kty'] === 'oct' || PRIVATE_MEMBERS.some((member) => member in jwk)) return { kind: 'refused', why: 'secret-member' };
    if (!isForSignatures(jwk)) continue;
    const key = importKey(jwk);
    if (key === null) return { kind: 'refused', why: 'bad-key' };
    if ((key.asymmetricKeyDetails?.modulusLength ?? 0) < MIN_BITS || (key.asymmetricKeyDetails?.publicExponent ?? 0n) < 65_537n) return { kind: 'refused', why: 'weak-key' };
    const kid = jwk['kid'] as string;
    if (keys.has(kid)) return { kind: 'refused', why: 'kid-twice' };
    keys.set(kid, key);
  }
  return keys.size === 0 ? { kind: 'refused', why: 'no-keys' } : { kind: 'keys', keys };
};

const isForSignatures = ({ kty, kid, use, alg }: Record<string, unknown>): boolean =>
  kty === 'RSA' && typeof kid === 'string' && kid.length > 0 && kid.length <= MAX_KID_LENGTH && (use === undefined || use === 'sig') && (alg === undefined || alg === 'RS256');

const importKey = ({ n, e }: Record<string, unknown>): KeyObject | null => {
  if (typeof n !== 'string' || typeof e !== 'string') return null;
  try {
    return createPublicKey({ key: { kty: 'RSA', n, e }, format: 'jwk' });
  } catch {
    return null;
  }
};
