import type { ClusterSettings, ListenerSettings } from '@postern/kafka';
import type { ClusterConfig } from '../config/settings.schema.js';
import { readCaFile } from '../config/tls-files.js';

/** PEM of each cluster listener's CA, by `cluster/listener`: what may change under open clusters (I27). */
export type BrokerCas = ReadonlyMap<string, string>;

/** @throws SettingsError for a file that is missing or holds no certificate */
export const readBrokerCas = (clusters: readonly ClusterConfig[], pathOf: (path: string) => string): BrokerCas =>
  new Map(
    clusters.flatMap((cluster) =>
      cluster.listeners.flatMap(({ name, tls }): [string, string][] => (tls === undefined ? [] : [[`${cluster.id}/${name}`, readCaFile(`clusters.${cluster.id}.listeners.${name}.tls.caFile`, pathOf(tls.caFile))]])),
    ),
  );

/** The clusters' settings as libs/kafka takes them: CAs as they are when a connection is made, host patterns settled. */
export const clusterSettings = (clusters: readonly ClusterConfig[], cas: () => BrokerCas): ClusterSettings[] =>
  clusters.map((cluster) => ({
    id: cluster.id,
    transport: cluster.transport,
    brokerDeadlineMs: cluster.brokerDeadlineMs,
    producer: cluster.producer,
    listeners: Object.fromEntries(cluster.listeners.map((listener) => [listener.name, listenerSettings(`${cluster.id}/${listener.name}`, listener, cas)])),
  }));

const listenerSettings = (key: string, listener: ClusterConfig['listeners'][number], cas: () => BrokerCas): ListenerSettings => ({
  bootstrapServers: listener.bootstrapServers,
  sasl: listener.sasl,
  tls: listener.tls === undefined ? null : brokerTls(listener.tls.serverName, () => cas().get(key) ?? ''),
  // Brokers may only send us to the hosts that we were told of, unless patterns say otherwise (I22).
  advertisedHosts: listener.advertisedHosts ?? [...new Set(listener.bootstrapServers.map((address) => address.slice(0, address.lastIndexOf(':'))))],
});

const brokerTls = (serverName: string | undefined, ca: () => string): NonNullable<ListenerSettings['tls']> => ({
  get ca() {
    return ca();
  },
  ...(serverName === undefined ? {} : { serverName }),
});
