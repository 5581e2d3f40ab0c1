import { createPublicKey, type KeyObject } from 'node:crypto';
import { parseStrictObject } from '../credential/strict-json.js';

/** What Postern verifies: no algorithm with a shared secret, none without a signature. */
export type SignatureAlgorithm = 'RS256' | 'PS256' | 'ES256';

/** One key and what it may be used with: its own `alg`, or all that its kind can do. */
export interface VerificationKey {
  readonly key: KeyObject;
  readonly algorithms: readonly SignatureAlgorithm[];
}

/** Verification keys by `kid`. */
export type KeySet = ReadonlyMap<string, VerificationKey>;

export type JwksReading = { readonly kind: 'keys'; readonly keys: KeySet } | { readonly kind: 'refused'; readonly why: 'not-json' | 'no-keys' | 'secret-member' | 'weak-key' | 'bad-key' | 'kid-twice' };

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
const MIN_BITS = 2048;
const MAX_KEYS = 100;
const MAX_KID_LENGTH = 256;

/**
 * Reads a JWKS (RFC 7517) as a whole: one bad key refuses the set, because an issuer that publishes a private, symmetric
 * or weak key is not to be trusted with the others either (attack 29). Keys for none of `algorithms` are left out.
 */
export const readJwks = (text: string, algorithms: readonly SignatureAlgorithm[] = ['RS256']): JwksReading => {
  const document = parseStrictObject(text);
  if (document === null) return { kind: 'refused', why: 'not-json' };
  const entries = document['keys'];
  if (!Array.isArray(entries) || entries.length > MAX_KEYS) return { kind: 'refused', why: 'no-keys' };
  const keys = new Map<string, VerificationKey>();
  for (const entry of entries as unknown[]) {
    if (typeof entry !== 'object' || entry === null) return { kind: 'refused', why: 'bad-key' };
    const jwk = entry as Record<string, unknown>;
    if (jwk['kty'] === 'oct' || PRIVATE_MEMBERS.some((member) => member in jwk)) return { kind: 'refused', why: 'secret-member' };
    const usable = algorithmsOf(jwk).filter((algorithm) => algorithms.includes(algorithm));
    if (!isForSignatures(jwk) || usable.length === 0) continue;
    const key = importKey(jwk);
    if (key === null) return { kind: 'refused', why: 'bad-key' };
    if (isWeak(key)) return { kind: 'refused', why: 'weak-key' };
    const kid = jwk['kid'] as string;
    if (keys.has(kid)) return { kind: 'refused', why: 'kid-twice' };
    keys.set(kid, { key, algorithms: usable });
  }
  return keys.size === 0 ? { kind: 'refused', why: 'no-keys' } : { kind: 'keys', keys };
};

const isForSignatures = ({ kid, use }: Record<string, unknown>): boolean => typeof kid === 'string' && kid.length > 0 && kid.length <= MAX_KID_LENGTH && (use === undefined || use === 'sig');

/** A key that names its algorithm is for no other one (RFC 7517 section 4.4, RFC 8725 section 3.1). */
const algorithmsOf = ({ kty, crv, alg }: Record<string, unknown>): readonly SignatureAlgorithm[] => {
  const able: readonly SignatureAlgorithm[] = kty === 'RSA' ? ['RS256', 'PS256'] : kty === 'EC' && crv === 'P-256' ? ['ES256'] : [];
  return alg === undefined ? able : able.filter((algorithm) => algorithm === alg);
};

const isWeak = ({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean =>
  asymmetricKeyType === 'rsa' && ((asymmetricKeyDetails?.modulusLength ?? 0) < MIN_BITS || (asymmetricKeyDetails?.publicExponent ?? 0n) < 65_537n);

/** Only the members that make the key; node checks that an EC point lies on its curve. */
const importKey = ({ kty, n, e, crv, x, y }: Record<string, unknown>): KeyObject | null => {
  const members: Record<string, unknown> = kty === 'RSA' ? { kty, n, e } : { kty, crv, x, y };
  if (!Object.values(members).every((member) => typeof member === 'string')) return null;
  try {
    return createPublicKey({ key: members, format: 'jwk' });
  } catch {
    return null;
  }
};
