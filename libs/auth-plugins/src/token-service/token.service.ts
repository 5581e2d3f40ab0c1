import { randomUUID } from 'node:crypto';
import { CredentialExpired, CredentialUnavailable } from '@postern/kafka';
import type { Authorities } from '../authority/authorities.js';
import type { Clock } from '../contract/plugin.js';
import { Secret } from '../contract/secret.js';
import { StartupError } from '../contract/startup.error.js';
import type { ReservedNames } from '../claims/claim.table.js';
import { proofUntilOf } from '../kafka-credentials/proof.js';
import { loadClusterKeys, type ClusterKeys, type ClusterKeySettings } from './cluster-keys.js';
import type { JwksDocument } from './jwks.document.js';
import type { MintAudit, MintRecord } from './mint.record.js';
import type { Mint } from './minted-token.js';

export interface TokenServiceOptions {
  readonly issuer: string;
  readonly lifeSeconds: number;
  readonly maxProofAgeSeconds: number;
  readonly clusters: readonly ClusterKeySettings[];
  readonly authorities: Pick<Authorities, 'kafkaName'>;
  readonly clock: Clock;
  readonly audit: MintAudit;
  /** Where relative paths start; the working directory by default. */
  readonly baseDir?: string;
}

/** Postern's own issuer: a tier-0 key (I16-I18). */
export interface TokenService {
  /** What no inbound plugin may accept (I1): for `createClaimTable`. */
  readonly reserved: ReservedNames;
  readonly clusterIds: readonly string[];
  /**
   * An RS256 token whose `sub` is the principal's Kafka name on that cluster. Takes a principal, never a name.
   * @throws CredentialExpired after the proof; CredentialUnavailable when no key is active or the audit sink fails
   */
  readonly mint: Mint;
  /** The public keys of one cluster; null for a cluster without minted tokens. */
  jwks(clusterId: string): JwksDocument | null;
  writeJwksFiles(): Promise<void>;
  /** Whether a token signed by this key may still be shown: false once it was revoked or removed (I17). */
  isLive(clusterId: string, kid: string): boolean;
  /** Clusters that no key signs for just now: their callers get 503 until one does. */
  unsigned(): readonly string[];
  /** Reads all key files again and changes nothing yet (I27). @throws StartupError for a bad one */
  stage(): StagedKeys;
}

/** Keys that were read and checked. */
export interface StagedKeys {
  /** Clusters whose last key was revoked: their callers get 503 until there is another one. */
  readonly unsigned: readonly string[];
  /** From here on these sign. */
  take(): void;
}

/** nbf lies this far before iat, so that a broker whose clock is behind takes the token (I16). */
const NOT_BEFORE_SECONDS = 60;

/** @throws StartupError for bad key files, one key or one audience for two clusters */
export const createTokenService = (options: TokenServiceOptions): TokenService => {
  const { clock, issuer } = options;
  let clusters = loadAll(options, true);
  const writeJwksFiles = async () => {
    await Promise.all([...clusters.values()].map((cluster) => cluster.writeJwks()));
  };
  return {
    reserved: { issuers: [issuer], audiences: options.clusters.map((cluster) => cluster.audience) },
    clusterIds: options.clusters.map((cluster) => cluster.id),
    mint: async (principal, clusterId, cause = 'session') => {
      const keys = clusters.get(clusterId);
      if (keys === undefined) throw new Error(`no token service for cluster '${clusterId}'`);
      // Asked again here: no path to a signature goes past the protected names (I9).
      const named = options.authorities.kafkaName(principal, clusterId);
      if (named.kind !== 'name') throw new Error(`a principal without a Kafka name (${named.kind}) reached mint`);
      const now = clock.now();
      const proofUntil = proofUntilOf(principal, options.maxProofAgeSeconds);
      const expiresAt = Math.floor(Math.min(now + options.lifeSeconds * 1000, proofUntil) / 1000);
      const issuedAt = Math.floor(now / 1000);
      if (expiresAt <= issuedAt) throw new CredentialExpired('the proof of this principal has ended');
      const signing = keys.signerAt(now);
      if (signing === null) throw new CredentialUnavailable(`no signing key of cluster '${clusterId}' is active`);
      const record: Omit<MintRecord, 'phase'> = {
        jti: randomUUID(), kid: signing.kid, kafkaName: named.name, clusterId, expiresAt: expiresAt * 1000, cause, principalKey: principal.key, authority: principal.authority,
      };
      await writeIntent(options.audit, record);
      const claims = { iss: issuer, aud: keys.audience, sub: named.name, jti: record.jti, iat: issuedAt, nbf: issuedAt - NOT_BEFORE_SECONDS, exp: expiresAt };
      const token = await signing.signer.sign(claims).catch(async (error: unknown) => {
        await options.audit({ ...record, phase: 'failed' });
        throw new CredentialUnavailable('the signer failed', { cause: error });
      });
      await options.audit({ ...record, phase: 'minted' });
      return { token: new Secret(token), kafkaName: named.name, clusterId, issuedAt: issuedAt * 1000, expiresAt: record.expiresAt, kid: signing.kid };
    },
    jwks: (clusterId) => clusters.get(clusterId)?.jwks ?? null,
    writeJwksFiles,
    isLive: (clusterId, kid) => clusters.get(clusterId)?.jwks.keys.some((key) => key.kid === kid) === true,
    unsigned: () => unsignedOf(clusters, clock.now()),
    stage: () => {
      const staged = loadAll(options, false);
      return {
        unsigned: unsignedOf(staged, clock.now()),
        take: () => {
          clusters = staged;
        },
      };
    },
  };
};

const unsignedOf = (clusters: ReadonlyMap<string, ClusterKeys>, now: number): readonly string[] =>
  [...clusters.values()].filter((keys) => keys.signerAt(now) === null).map(({ clusterId }) => clusterId);

const writeIntent = async (audit: MintAudit, record: Omit<MintRecord, 'phase'>): Promise<void> => {
  try {
    await audit({ ...record, phase: 'intent' });
  } catch (error) {
    throw new CredentialUnavailable('the audit sink did not take the intent', { cause: error });
  }
};

const loadAll = ({ clusters, baseDir, clock }: TokenServiceOptions, mustSign: boolean): ReadonlyMap<string, ClusterKeys> => {
  const loaded = clusters.map((cluster) => loadClusterKeys(cluster, baseDir ?? process.cwd(), clock, mustSign));
  const owners = new Map<string, string>();
  const claim = (what: string, text: string, clusterId: string) => {
    const other = owners.get(`${what} ${text}`);
    if (other !== undefined) throw new StartupError(`clusters '${other}' and '${clusterId}' share one ${what}: a token of one would open the other (I16)`);
    owners.set(`${what} ${text}`, clusterId);
  };
  for (const { clusterId, audience, fingerprints } of loaded) {
    claim('audience', audience, clusterId);
    for (const fingerprint of fingerprints) claim('signing key', fingerprint, clusterId);
  }
  return new Map(loaded.map((keys) => [keys.clusterId, keys]));
};
