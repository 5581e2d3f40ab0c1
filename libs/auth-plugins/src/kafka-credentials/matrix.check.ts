import type { Plugin } from '../contract/plugin.js';
import { StartupError } from '../contract/startup.error.js';
import type { CredentialRow, Trusts } from './matrix.settings.js';

/** A cluster as the matrix sees it. */
export interface MatrixCluster {
  readonly id: string;
  readonly listeners: readonly { readonly name: string; readonly trusts: Trusts }[];
  readonly credentials: readonly CredentialRow[];
}

export type MatrixPlugin = Pick<Plugin, 'id' | 'authority' | 'claims' | 'mdsIssuer'>;

/** Row key of callers who present no token. */
export const authorityKey = (authority: string): string => `authority:${authority}`;

/** Row key of callers whose token was issued for HDInsight and not for Postern (I20). */
export const hdinsightKey = (issuer: string): string => `hdinsight:${issuer}`;

/** One checked cell: what a caller from one place is shown as on one cluster. */
export type Cell =
  | { readonly source: 'minted'; readonly listener: string }
  | { readonly source: 'caller'; readonly listener: string; readonly principalClaim: string }
  /** The token of MDS: the caller's own, or the one that its login gave. */
  | { readonly source: 'mds'; readonly listener: string };

interface InboundSource {
  readonly pluginId: string;
  readonly audiences: readonly string[];
  readonly mdsIssuer: string | undefined;
  /** Row whose minted cell serves these callers too, where they have none of their own. */
  readonly otherwise?: string;
}

/** Every place that an enabled plugin's callers come from, with the audiences it accepts there. */
const inboundSources = (plugins: readonly MatrixPlugin[]): ReadonlyMap<string, InboundSource> =>
  new Map(
    plugins.flatMap((plugin) =>
      plugin.claims.flatMap((claim): [string, InboundSource][] => {
        const of = { pluginId: plugin.id, mdsIssuer: plugin.mdsIssuer };
        if (claim.scheme !== 'bearer') return [[authorityKey(plugin.authority), { ...of, audiences: [] }]];
        const own: [string, InboundSource] = [claim.issuer, { ...of, audiences: claim.audiences ?? [] }];
        const isForeign = (claim.foreignAudiences ?? []).length > 0;
        return isForeign ? [own, [hdinsightKey(claim.issuer), { ...of, audiences: [], otherwise: claim.issuer }]] : [own];
      }),
    ),
  );

/**
 * I19: the whole matrix is known before the first request.
 * @returns the cells of one cluster by row key
 * @throws StartupError for a hole, a row of nobody, a row twice, and a cell whose listener would not believe what it is shown
 */
export const checkMatrix = (cluster: MatrixCluster, plugins: readonly MatrixPlugin[], minting: readonly string[]): ReadonlyMap<string, Cell> => {
  const sources = inboundSources(plugins);
  const cells = new Map<string, Cell>();
  for (const row of cluster.credentials) {
    const at = `clusters.${cluster.id}.credentials: row '${row.from}'`;
    const source = sources.get(row.from);
    if (source === undefined) throw new StartupError(`${at}: no enabled plugin has callers from there`);
    if (cells.has(row.from)) throw new StartupError(`${at} stands twice`);
    const listener = cluster.listeners.find((each) => each.name === row.listener);
    if (listener === undefined) throw new StartupError(`${at}: the cluster has no listener '${row.listener}'`);
    cells.set(row.from, cellOf(at, row, listener.trusts, source, minting.includes(cluster.id)));
  }
  for (const [from, { pluginId, otherwise }] of sources) {
    const shared = otherwise === undefined ? undefined : cells.get(otherwise);
    if (shared?.source === 'minted' && !cells.has(from)) cells.set(from, shared);
    if (!cells.has(from)) throw new StartupError(`clusters.${cluster.id}.credentials: no row for '${from}' of plugin '${pluginId}'`);
  }
  return cells;
};

const cellOf = (at: string, row: CredentialRow, trusts: Trusts, source: InboundSource, mints: boolean): Cell => {
  if (source.otherwise !== undefined && row.source !== 'minted') throw new StartupError(`${at}: a token for HDInsight is never shown to anyone: source must be minted (I20)`);
  switch (row.source) {
    case 'minted':
      return mintedCell(at, row, trusts, mints);
    case 'caller':
      return callerCell(at, row, trusts, source.audiences);
    case 'mds':
      return mdsCell(at, row, trusts, source.mdsIssuer);
  }
};

const mdsCell = (at: string, row: CredentialRow, trusts: Trusts, mdsIssuer: string | undefined): Cell => {
  if (mdsIssuer === undefined) throw new StartupError(`${at}: these callers have no token of MDS`);
  if (trusts.kind !== 'mds' || trusts.issuer !== mdsIssuer) throw new StartupError(`${at}: listener '${row.listener}' does not trust exactly the MDS that is asked`);
  return { source: 'mds', listener: row.listener };
};

const mintedCell = (at: string, row: CredentialRow, trusts: Trusts, mints: boolean): Cell => {
  if (!mints) throw new StartupError(`${at}: minted, but the cluster has no tokenService`);
  if (trusts.kind !== 'token-service') throw new StartupError(`${at}: listener '${row.listener}' does not trust the token service`);
  return { source: 'minted', listener: row.listener };
};

const callerCell = (at: string, row: CredentialRow, trusts: Trusts, audiences: readonly string[]): Cell => {
  if (row.from.startsWith('authority:')) throw new StartupError(`${at}: these callers present no token to show`);
  if (trusts.kind !== 'issuer' || trusts.issuer !== row.from) throw new StartupError(`${at}: listener '${row.listener}' does not trust exactly this issuer`);
  const foreign = audiences.find((audience) => !trusts.audiences.includes(audience));
  if (foreign !== undefined || audiences.length === 0) throw new StartupError(`${at}: listener '${row.listener}' does not accept the audience ${foreign ?? '(none)'} that the plugin accepts`);
  return { source: 'caller', listener: row.listener, principalClaim: trusts.principalClaim };
};
