import type { KafkaCredentialSource } from '@postern/kafka';
import type { Authorities } from '../authority/authorities.js';
import type { Clock } from '../contract/plugin.js';
import type { VerifiedPrincipal } from '../contract/principal.js';
import { Secret } from '../contract/secret.js';
import { StartupError } from '../contract/startup.error.js';
import { bearerToken } from '../credential/authorization.parser.js';
import { readCompactToken } from '../credential/compact-token.js';
import { keyOf } from '../runner/principal.key.js';
import type { MintAudit } from '../token-service/mint.record.js';
import type { Mint } from '../token-service/minted-token.js';
import type { TokenService } from '../token-service/token.service.js';
import { createTokenSource } from './token.source.js';
import { checkMatrix, type Cell, type MatrixCluster, type MatrixPlugin } from './matrix.check.js';
import { assertTraits } from './trait.check.js';
import { createMintedSource } from './minted.source.js';
import { proofUntilOf } from './proof.js';

export interface CredentialMatrixOptions {
  readonly clusters: readonly MatrixCluster[];
  readonly plugins: readonly MatrixPlugin[];
  readonly authorities: Pick<Authorities, 'kafkaName' | 'ids' | 'traits'>;
  readonly tokens: Pick<TokenService, 'mint' | 'clusterIds' | 'isLive'>;
  readonly maxProofAgeSeconds: number;
  /** Of impersonation: the token service brings its own. */
  readonly audit?: MintAudit;
  readonly clock: Clock;
}

/** No Kafka name for this principal on this cluster: 403, and a security event when it is `protected` (I9). */
export class KafkaNameRefused extends Error {
  override readonly name = 'KafkaNameRefused';
  constructor(readonly kind: 'protected' | 'outside') {
    super(`Kafka name refused: ${kind}`);
  }
}

/** Which Kafka credential a caller gets on a cluster (I19). */
export interface CredentialMatrix {
  /**
   * @param presented the Secret of `parseAuthorization`; null for callers by certificate
   * @throws KafkaNameRefused for a protected name, or one outside of what the authority owns
   */
  readonly sourceFor: (principal: VerifiedPrincipal, presented: Secret | null, clusterId: string) => KafkaCredentialSource;
}

/** @throws StartupError for a hole or a cell that no broker would believe */
export const createCredentialMatrix = (options: CredentialMatrixOptions): CredentialMatrix => {
  const { authorities, tokens, clock } = options;
  for (const plugin of options.plugins) {
    if (!authorities.ids.includes(plugin.authority)) throw new StartupError(`plugin '${plugin.id}': no authority '${plugin.authority}' is configured`);
  }
  const byCluster = new Map(options.clusters.map((cluster) => [cluster.id, checkMatrix(cluster, options.plugins, tokens.clusterIds)]));
  assertTraits(options.plugins, authorities.traits, [...byCluster.values()]);
  const impersonating = impersonationsOf(options);
  // One verification of one principal needs one source a cluster: the principal object is made anew with each proof.
  const minted = new WeakMap<VerifiedPrincipal, Map<string, KafkaCredentialSource>>();
  const mintedSource = (principal: VerifiedPrincipal, clusterId: string, make: () => KafkaCredentialSource): KafkaCredentialSource => {
    const byCluster = minted.get(principal) ?? new Map<string, KafkaCredentialSource>();
    minted.set(principal, byCluster);
    const source = byCluster.get(clusterId) ?? make();
    byCluster.set(clusterId, source);
    return source;
  };
  return {
    sourceFor: (principal, presented, clusterId) => {
      const known = minted.get(principal)?.get(clusterId);
      if (known !== undefined) return known;
      const cell = byCluster.get(clusterId)?.get(principal.issuerKey);
      if (cell === undefined) throw new Error(`no cell of the credential matrix for '${principal.issuerKey}' on '${clusterId}'`);
      const named = authorities.kafkaName(principal, clusterId);
      if (named.kind !== 'name') throw new KafkaNameRefused(named.kind);
      const binding = {
        sessionKey: sessionKeyOf(principal, named.name, clusterId, cell),
        kafkaName: named.name,
        clusterId,
        listener: cell.listener,
        proofUntil: proofUntilOf(principal, options.maxProofAgeSeconds),
      };
      if (cell.source === 'minted') return mintedSource(principal, clusterId, () => createMintedSource({ principal, binding, origin: 'minted', mint: tokens.mint, isLive: (kid) => tokens.isLive(clusterId, kid), clock }));
      const impersonate = cell.source === 'mds' ? impersonating.get(principal.pluginId) : undefined;
      if (impersonate !== undefined) return mintedSource(principal, clusterId, () => createMintedSource({ principal, binding, origin: 'mds', mint: impersonate, isLive: () => true, clock }));
      const isFetched = cell.source === 'mds' && principal.mdsToken !== undefined;
      const token = isFetched ? principal.mdsToken : tokenOf(presented);
      if (principalInToken(token, cell.source === 'mds' ? 'sub' : cell.principalClaim) !== named.name) throw new KafkaNameRefused('outside');
      return createTokenSource({ binding, origin: isFetched ? 'mds' : 'caller', token, verifiedAt: principal.verifiedAt, clock });
    },
  };
};

/** By plugin id. @throws StartupError where nothing would write down who was impersonated */
const impersonationsOf = ({ plugins, authorities, audit, maxProofAgeSeconds }: CredentialMatrixOptions): ReadonlyMap<string, Mint> =>
  new Map(
    plugins.flatMap(({ id, impersonate }): [string, Mint][] => {
      if (impersonate === undefined) return [];
      if (audit === undefined) throw new StartupError(`plugin '${id}': impersonation without an audit trail`);
      return [[id, impersonate({ authorities, audit, maxProofAgeSeconds })]];
    }),
  );

/** I10: principal, Kafka name, cluster and credential source; the listener too, since it decides the broker's address. */
const sessionKeyOf = (principal: VerifiedPrincipal, kafkaName: string, clusterId: string, cell: Cell): string =>
  keyOf(['session', principal.key, kafkaName, clusterId, cell.source, cell.listener, cell.source === 'minted' ? null : principal.issuerKey]);

const tokenOf = (presented: Secret | null): Secret => {
  const token = presented === null ? null : bearerToken(presented.reveal());
  if (token === null) throw new Error('a caller-token cell without a bearer token');
  return new Secret(token);
};

/** What the broker will read as principal: the claim after Java's `trim`, which takes every character up to U+0020. */
const principalInToken = (token: Secret, claim: string): string | null => {
  const value = readCompactToken(token.reveal())?.payload[claim];
  // oxlint-disable-next-line no-control-regex -- Java's definition of blank
  return typeof value === 'string' ? value.replace(/^[\u0000-\u0020]+|[\u0000-\u0020]+$/g, '') : null;
};
