import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { importPKCS8, SignJWT } from 'jose';
import type { StackDescription } from './stack.description.ts';

export interface MintedTokenOptions {
  /** From now; negative gives a token that has ended. Default 300. */
  readonly lifeSeconds?: number;
  /** Replace or add claims. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** A token as the token service mints it, signed by jose alone: for specs that must not depend on the token service. */
export const mintedToken = async ({ minted }: StackDescription, kafkaName: string, { lifeSeconds = 300, claims = {} }: MintedTokenOptions = {}): Promise<string> => {
  const now = Math.floor(Date.now() / 1_000);
  const payload = { iss: minted.issuer, aud: minted.audience, sub: kafkaName, iat: now, nbf: now - 60, exp: now + lifeSeconds, jti: randomUUID(), ...claims };
  return new SignJWT(payload).setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: minted.kid }).sign(await importPKCS8(readFileSync(minted.privateKeyFile, 'utf8'), 'RS256'));
};
