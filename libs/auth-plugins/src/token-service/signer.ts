import { SignJWT, type JWTPayload } from 'jose';
import type { SigningKey } from './key-file.js';

/** The one operation that a signing key offers (I16): an HSM or a key service can stand behind it. */
export interface Signer {
  /** @returns a compact JWS, RS256, with this key's `kid` */
  sign(claims: JWTPayload): Promise<string>;
}

export const createRsaSigner = ({ kid, privateKey }: Pick<SigningKey, 'kid' | 'privateKey'>): Signer => ({
  sign: (claims) => new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid, typ: 'JWT' }).sign(privateKey),
});
