import { generateKeyPair, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { exportJWK, type JWK } from 'jose';
import { ownerOnlyDir, writeAtomically } from '../files/owner-only.ts';

const newPair = promisify(generateKeyPair);

/** One entry of keys.json, the file in which all replicas of a proxy find a cluster's signing keys and their states. */
export interface SigningKeyEntry {
  readonly kid: string;
  readonly state: 'next' | 'active' | 'retiring' | 'removed';
  readonly privateKeyFile: string;
  readonly publishedAt: string;
  readonly activeAt: string | null;
  readonly retiredAt: string | null;
}

export interface SigningKeys {
  readonly keysFile: string;
  readonly jwksFile: string;
  readonly kid: string;
  /** PKCS #8 PEM, owner-only. */
  readonly privateKeyFile: string;
}

/** The public half as brokers want it: kty, n, e, kid, use and alg, nothing else (I18). */
export const publicJwk = ({ kty, n, e }: JWK, kid: string): JWK => ({ kty: kty ?? 'RSA', n: n ?? '', e: e ?? '', kid, use: 'sig', alg: 'RS256' });

/**
 * Makes one active RS256 signing key of a cluster: keys.json, its private key and jwks.json, all in `dir`.
 * The only place that makes such keys; the proxy never does (I16).
 * @param publish false leaves jwks.json to the proxy, whose file it is in a running system
 */
export const createSigningKeys = async (dir: string, publish = true): Promise<SigningKeys> => {
  ownerOnlyDir(dir);
  const kid = randomUUID();
  const { publicKey, privateKey } = await newPair('rsa', { modulusLength: 2048 });
  // Published long enough ago that brokers have surely read it, so that it may sign at once (I17).
  const publishedAt = new Date(Date.now() - 3_600_000).toISOString();
  const entry: SigningKeyEntry = { kid, state: 'active', privateKeyFile: `${kid}.pem`, publishedAt, activeAt: new Date().toISOString(), retiredAt: null };
  const jwksFile = join(dir, 'jwks.json');
  if (publish) writeAtomically(jwksFile, JSON.stringify({ keys: [publicJwk(await exportJWK(publicKey), kid)] }));
  return {
    kid,
    jwksFile,
    privateKeyFile: writeAtomically(join(dir, entry.privateKeyFile), privateKey.export({ type: 'pkcs8', format: 'pem' })),
    keysFile: writeAtomically(join(dir, 'keys.json'), JSON.stringify({ keys: [entry] }, null, 2)),
  };
};
