import { createPublicKey } from 'node:crypto';
import type { SigningKey } from './key-file.js';

/** A public RSA key as brokers read it. `alg` and `use` narrow what Kafka's validator, which takes any algorithm that fits, will accept. */
export interface PublishedKey {
  readonly kty: 'RSA';
  readonly kid: string;
  readonly use: 'sig';
  readonly alg: 'RS256';
  readonly n: string;
  readonly e: string;
}

export interface JwksDocument {
  readonly keys: readonly PublishedKey[];
}

/** I18: the clusters' trust root. Members are named one by one, so that no private one can slip in. */
export const jwksDocumentOf = (keys: readonly SigningKey[]): JwksDocument => ({
  keys: keys.map(({ kid, privateKey }) => {
    const { n = '', e = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
    return { kty: 'RSA', kid, use: 'sig', alg: 'RS256', n, e };
  }),
});
