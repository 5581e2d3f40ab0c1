import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { jwtVerify } from 'jose';
import { MDS_ISSUER } from './mds.settings.ts';

/** What a specification wants otherwise in a token; a claim of null is left out. */
export interface MdsTokenShape {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly lifeSeconds?: number;
  /** Signed by a key that nobody was given. */
  readonly foreignKey?: boolean;
}

export interface SignedToken {
  readonly token: string;
  readonly lifeSeconds: number;
}

const json = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/**
 * A token as MDS makes them: RS256, `kid` present and null, no `typ`, no `aud`, no groups; `nbf` lies a minute back.
 * Signed by hand, because libraries refuse to write a `kid` of null.
 */
export const signMdsToken = (key: KeyObject, sub: string, shape: MdsTokenShape & { readonly lifeSeconds: number }): SignedToken => {
  const now = Math.floor(Date.now() / 1_000);
  const claims = {
    jti: randomBytes(16).toString('base64url'),
    iss: MDS_ISSUER,
    sub,
    exp: now + shape.lifeSeconds,
    iat: now,
    nbf: now - 60,
    azp: sub,
    auth_time: now,
    ...shape.claims,
  };
  const kept = Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== null));
  const input = `${json({ kid: null, alg: 'RS256', ...shape.header })}.${json(kept)}`;
  const signer = shape.foreignKey === true ? generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey : key;
  return { token: `${input}.${sign('sha256', Buffer.from(input), signer).toString('base64url')}`, lifeSeconds: shape.lifeSeconds };
};

/** @returns whose token it is, or null for one that MDS would refuse */
export const subjectOf = async (token: string, key: KeyObject): Promise<string | null> => {
  try {
    const { payload } = await jwtVerify(token, key, { algorithms: ['RS256'], issuer: MDS_ISSUER, requiredClaims: ['exp', 'sub'] });
    return payload.sub ?? null;
  } catch {
    return null;
  }
};
