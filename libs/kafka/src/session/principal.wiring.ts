import { KafkaError } from '../errors/kafka-error.js';
import { BrokerConnections } from '../protocol/broker.connections.js';
import type { Timers } from '../protocol/deadline.js';
import { MetadataCache } from '../protocol/metadata.cache.js';
import type { Transport } from '../transports/transport.js';
import type { Clock, ClusterSettings } from './cluster-settings.js';
import type { ConnectionBudget } from './connection.budget.js';
import type { KafkaCredentialSource } from './kafka-credential.js';
import type { Observe } from './notices.js';
import type { RefusedTokens } from './refused.tokens.js';
import { TokenHolder } from './token.holder.js';

export interface PrincipalWiringContext {
  readonly cluster: ClusterSettings;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly refused: RefusedTokens;
  readonly observe: Observe;
  readonly budget: ConnectionBudget;
  readonly count: (what: 'connects' | 'connectFailures') => void;
}

export interface WiredPrincipal {
  readonly tokens: TokenHolder;
  readonly connections: BrokerConnections;
  readonly metadata: MetadataCache;
  /** Epoch ms until which some broker has asked this principal to be quiet; 0 when none ever has. */
  readonly throttledUntil: () => number;
}

/**
 * One principal's tokens, connections and metadata on one cluster, tied to each other and to nobody else's: what a session and
 * a consumer instance both stand on.
 * @throws KafkaError UNKNOWN_CLUSTER when the source names a listener that the cluster has not
 */
export const wirePrincipal = (source: KafkaCredentialSource, context: PrincipalWiringContext, on: { readonly principalChanged: () => void; readonly connected: () => void }): WiredPrincipal => {
  const { cluster, transport, clock, timers, refused, observe, budget, count } = context;
  const listener = cluster.listeners[source.listener];
  if (listener === undefined) throw new KafkaError('UNKNOWN_CLUSTER', { resource: cluster.id });
  let throttledUntil = 0;
  const tokens = new TokenHolder(source, { clock, timers, refused, observe });
  const connections = new BrokerConnections({
    transport,
    listener,
    tokens: listener.sasl === 'none' ? null : tokens,
    clock,
    timers,
    silenceMs: cluster.brokerDeadlineMs,
    clusterId: cluster.id,
    kafkaName: source.kafkaName,
    sessionKey: source.sessionKey,
    budget,
    observe,
    onPrincipalChange: () => {
      on.principalChanged();
      tokens.poison();
      observe({ kind: 'principal-changed', clusterId: cluster.id, kafkaName: source.kafkaName });
    },
    onThrottle: (ms) => (throttledUntil = Math.max(throttledUntil, clock.now() + ms)),
    count: (what) => {
      if (what === 'connects') on.connected();
      count(what);
    },
  });
  return { tokens, connections, metadata: new MetadataCache(connections, clock, timers, cluster.brokerDeadlineMs), throttledUntil: () => throttledUntil };
};
