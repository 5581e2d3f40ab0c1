import { API_VERSIONS, wireRequest } from '../protocol/codecs.js';
import { nodeTimers, within } from '../protocol/deadline.js';
import { saslHandshake } from '../protocol/sasl-oauthbearer.js';
import type { BrokerAddress, ClusterSettings, ListenerSettings } from '../session/cluster-settings.js';
import { transportFor } from '../transports/transport-for.js';
import type { Transport, WireConnection } from '../transports/transport.js';

/** What readiness may say of a cluster: nothing about addresses or faults. */
export type ClusterReach = { readonly kind: 'up' } | { readonly kind: 'down' };

/**
 * I23: Postern's own look at a cluster. It shows no credential: TLS, ApiVersions and the SASL handshake are all a broker does
 * without one. Up means that of every listener at least one bootstrap server does them within `deadlineMs`.
 */
export const probeCluster = async (cluster: ClusterSettings, deadlineMs = cluster.brokerDeadlineMs): Promise<ClusterReach> => {
  const transport = transportFor(cluster.transport);
  const reached = await Promise.all(Object.values(cluster.listeners).map((listener) => anyReachable(transport, listener, deadlineMs)));
  return { kind: reached.every(Boolean) ? 'up' : 'down' };
};

const anyReachable = (transport: Transport, listener: ListenerSettings, deadlineMs: number): Promise<boolean> =>
  Promise.any(listener.bootstrapServers.map((address) => reach(transport, listener, address, deadlineMs))).then(
    () => true,
    () => false,
  );

const reach = async (transport: Transport, listener: ListenerSettings, address: BrokerAddress, deadlineMs: number): Promise<void> => {
  let wire: WireConnection | null = null;
  try {
    wire = await transport.open(address, { tls: listener.tls, timeoutMs: deadlineMs });
    await within(nodeTimers, deadlineMs, greet(wire, listener));
  } finally {
    wire?.destroy();
  }
};

const greet = async (wire: WireConnection, { sasl }: ListenerSettings): Promise<void> => {
  await wire.send(wireRequest(API_VERSIONS, null, ['postern', '1']));
  if (sasl === 'oauthbearer') await saslHandshake(wire);
};
