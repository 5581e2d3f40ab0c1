import type { Plugin } from '../contract/plugin.js';
import { StartupError } from '../contract/startup.error.js';
import type { CredentialRow, Trusts } from './matrix.settings.js';

/** A cluster as the matrix sees it. */
export interface MatrixCluster {
  readonly id: string;
  readonly listeners: readonly { readonly name: string; readonly trusts: Trusts }[];
  readonly credentials: readonly CredentialRow[];
}

export type MatrixPlugin = Pick<Plugin, 'id' | 'authority' | 'claims' | 'mdsIssuer' | 'impersonate'>;

/** Row key of callers who present no token. */
export const authorityKey = (authority: string): string => `authority:${authority}`;

/** Key of the cell of callers whose token was issued for HDInsight and not for Postern (I20). No row can name it. */
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
  /** Whether tokens for HDInsight come from there too. */
  readonly isForeign: boolean;
}

/** Every place that an enabled plugin's callers come from, with the audiences it accepts there. */
const inboundSources = (plugins: readonly MatrixPlugin[]): ReadonlyMap<string, InboundSource> =>
  new Map(
    plugins.flatMap((plugin) =>
      plugin.claims.map((claim): [string, InboundSource] => {
        const of = { pluginId: plugin.id, mdsIssuer: plugin.mdsIssuer };
        if (claim.scheme !== 'bearer') return [authorityKey(plugin.authority), { ...of, mdsIssuer: sharedMdsIssuer(plugins, plugin.authority), audiences: [], isForeign: false }];
        return [claim.issuer, { ...of, audiences: claim.audiences ?? [], isForeign: (claim.foreignAudiences ?? []).length > 0 }];
      }),
    ),
  );

/** Passwords and certificates of one authority have one row: tokens of MDS serve it only if all of them get one from the same MDS. */
const sharedMdsIssuer = (plugins: readonly MatrixPlugin[], authority: string): string | undefined => {
  const issuers = plugins.filter((plugin) => plugin.authority === authority && plugin.claims.some(({ scheme }) => scheme !== 'bearer')).map(({ mdsIssuer }) => mdsIssuer);
  return issuers.every((issuer) => issuer === issuers[0]) ? issuers[0] : undefined;
};

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
    const cell = cellOf(at, row, listenerOf(at, cluster, row.listener), source, minting.includes(cluster.id));
    cells.set(row.from, cell);
    if (source.isForeign) cells.set(hdinsightKey(row.from), foreignCell(at, row, cell, cluster, minting.includes(cluster.id)));
    else if (row.hdinsight !== undefined) throw new StartupError(`${at}: no token for HDInsight comes from there`);
  }
  for (const [from, { pluginId }] of sources) {
    if (!cells.has(from)) throw new StartupError(`clusters.${cluster.id}.credentials: no row for '${from}' of plugin '${pluginId}'`);
  }
  return cells;
};

const listenerOf = (at: string, cluster: MatrixCluster, name: string): Trusts => {
  const listener = cluster.listeners.find((each) => each.name === name);
  if (listener === undefined) throw new StartupError(`${at}: the cluster has no listener '${name}'`);
  return listener.trusts;
};

/** I20: a token for another resource is never shown to anyone, so there is no way to write a cell that would. */
const foreignCell = (at: string, row: CredentialRow, own: Cell, cluster: MatrixCluster, mints: boolean): Cell => {
  if (row.hdinsight !== undefined) return mintedCell(at, row.hdinsight, listenerOf(at, cluster, row.hdinsight), mints);
  if (own.source !== 'minted') throw new StartupError(`${at}: tokens for HDInsight are never shown to anyone: name the listener of their minted ones (hdinsight: <listener>)`);
  return own;
};

const cellOf = (at: string, row: CredentialRow, trusts: Trusts, source: InboundSource, mints: boolean): Cell => {
  switch (row.source) {
    case 'minted':
      return mintedCell(at, row.listener, trusts, mints);
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

const mintedCell = (at: string, listener: string, trusts: Trusts, mints: boolean): Cell => {
  if (!mints) throw new StartupError(`${at}: minted, but the cluster has no tokenService`);
  if (trusts.kind !== 'token-service') throw new StartupError(`${at}: listener '${listener}' does not trust the token service`);
  return { source: 'minted', listener };
};

const callerCell = (at: string, row: CredentialRow, trusts: Trusts, audiences: readonly string[]): Cell => {
  if (row.from.startsWith('authority:')) throw new StartupError(`${at}: these callers present no token to show`);
  if (trusts.kind !== 'issuer' || trusts.issuer !== row.from) throw new StartupError(`${at}: listener '${row.listener}' does not trust exactly this issuer`);
  const foreign = audiences.find((audience) => !trusts.audiences.includes(audience));
  if (foreign !== undefined || audiences.length === 0) throw new StartupError(`${at}: listener '${row.listener}' does not accept the audience ${foreign ?? '(none)'} that the plugin accepts`);
  return { source: 'caller', listener: row.listener, principalClaim: trusts.principalClaim };
};
