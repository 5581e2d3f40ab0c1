import type { ClusterSettings, ListenerSettings } from '@postern/kafka';
import type { ClusterConfig } from '../config/settings.schema.js';
import { readCaFile } from '../config/tls-files.js';

/** The clusters' settings as libs/kafka takes them: CA files read, host patterns settled. */
export const clusterSettings = (clusters: readonly ClusterConfig[], pathOf: (path: string) => string): ClusterSettings[] =>
  clusters.map((cluster) => ({
    id: cluster.id,
    transport: cluster.transport,
    brokerDeadlineMs: cluster.brokerDeadlineMs,
    listeners: Object.fromEntries(cluster.listeners.map((listener) => [listener.name, listenerSettings(cluster.id, listener, pathOf)])),
  }));

const listenerSettings = (clusterId: string, listener: ClusterConfig['listeners'][number], pathOf: (path: string) => string): ListenerSettings => ({
  bootstrapServers: listener.bootstrapServers,
  sasl: listener.sasl,
  tls: listener.tls === undefined ? null : { ca: readCaFile(`clusters.${clusterId}.listeners.${listener.name}.tls.caFile`, pathOf(listener.tls.caFile)), ...(listener.tls.serverName === undefined ? {} : { serverName: listener.tls.serverName }) },
  // Brokers may only send us to the hosts that we were told of, unless patterns say otherwise (I22).
  advertisedHosts: listener.advertisedHosts ?? [...new Set(listener.bootstrapServers.map((address) => address.slice(0, address.lastIndexOf(':'))))],
});
