import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { Clock } from '../contract/plugin.js';
import { StartupError } from '../contract/startup.error.js';
import { writeAtomically } from '../files/atomic-write.js';
import { jwksDocumentOf, type JwksDocument } from './jwks.document.js';
import { readKeyFile, type SigningKey } from './key-file.js';
import { createRsaSigner, type Signer } from './signer.js';
import { assertPublishedLongEnough, signingKeyAt, signsLater } from './signing-key.choice.js';

/** Where one cluster's own keys lie. Relative paths are taken from `baseDir`. */
export interface ClusterKeySettings {
  readonly id: string;
  readonly audience: string;
  readonly keysFile: string;
  readonly jwksFile?: string | undefined;
  readonly brokerRefreshSeconds?: number | undefined;
}

/** One cluster's keys: who signs now, and what its brokers may read. Replaced as a whole on reload (I27). */
export interface ClusterKeys {
  readonly clusterId: string;
  readonly audience: string;
  readonly jwks: JwksDocument;
  /** SHA-256 of each modulus, to see one key used for two clusters. */
  readonly fingerprints: readonly string[];
  /** Null when no key is active just now. */
  signerAt(now: number): { readonly kid: string; readonly signer: Signer } | null;
  writeJwks(): Promise<void>;
}

const DEFAULT_BROKER_REFRESH_SECONDS = 300;

/**
 * @param mustSign at the start: some key signs now or by itself later; at a reload a revoked last key has to go even if nothing can sign after it
 * @throws StartupError for anything wrong with the files, and when a key must sign and none will
 */
export const loadClusterKeys = (cluster: ClusterKeySettings, baseDir: string, clock: Clock, mustSign: boolean): ClusterKeys => {
  const keys = readKeyFile(resolve(baseDir, cluster.keysFile), cluster.id);
  assertPublishedLongEnough(keys, cluster.brokerRefreshSeconds ?? DEFAULT_BROKER_REFRESH_SECONDS, cluster.id);
  // With a `next` key the start goes on: after `keys revoke` a restart must not wait, nor leave that key unpublished, until it signs.
  if (mustSign && signingKeyAt(keys, clock.now()) === null && !signsLater(keys, clock.now()))
    throw new StartupError(`cluster '${cluster.id}': no signing key is active now, and none of ${cluster.keysFile} has an activeAt to come`);
  const signers = new Map<SigningKey, Signer>(keys.map((key) => [key, createRsaSigner(key)]));
  const jwks = jwksDocumentOf(keys);
  return {
    clusterId: cluster.id,
    audience: cluster.audience,
    jwks,
    fingerprints: jwks.keys.map((key) => createHash('sha256').update(key.n).digest('hex')),
    signerAt: (now) => {
      const key = signingKeyAt(keys, now);
      const signer = key === null ? undefined : signers.get(key);
      return key === null || signer === undefined ? null : { kid: key.kid, signer };
    },
    // Brokers may run under another account: the file is public by its nature.
    writeJwks: async () => {
      if (cluster.jwksFile !== undefined) await writeAtomically(resolve(baseDir, cluster.jwksFile), `${JSON.stringify(jwks, null, 2)}\n`, 0o644);
    },
  };
};
