import { KafkaError } from '../errors/kafka-error.js';
import { nodeTimers } from '../protocol/deadline.js';
import { FetchLanes } from '../protocol/fetch/fetch.lanes.js';
import { GroupCoordinator } from '../protocol/groups/group.coordinator.js';
import { ConnectionBudget } from '../session/connection.budget.js';
import type { KafkaSessionsSettings } from '../session/create-kafka-sessions.js';
import type { KafkaCaller } from '../session/kafka-credential.js';
import { wirePrincipal } from '../session/principal.wiring.js';
import { RefusedTokens } from '../session/refused.tokens.js';
import { transportFor } from '../transports/transport-for.js';
import type { GroupConsumer, GroupConsumerSettings } from './group.consumer.port.js';
import { KafkaGroupConsumer } from './kafka.group.consumer.js';

const SESSION_TIMEOUT_MS = 45_000;
const REBALANCE_TIMEOUT_MS = 60_000;
const HEARTBEAT_MS = 3_000;

/** Opens consumers for callers. Nothing is contacted before a consumer's first call that needs it. */
export type OpenGroupConsumer = (caller: KafkaCaller, clusterId: string, settings: GroupConsumerSettings) => GroupConsumer;

/**
 * Consumers have connections and tokens of their own, apart from sessions (Must 8, 11): they live as long as their owner's
 * instance does, and a join that waits for other members must hold up nothing else.
 */
export const groupConsumers = ({ clusters, clock, observe = () => undefined, timers = nodeTimers, budget = new ConnectionBudget(undefined, timers) }: Pick<KafkaSessionsSettings, 'clusters' | 'clock' | 'observe' | 'timers' | 'budget'>): OpenGroupConsumer => {
  const refused = new RefusedTokens(clock);
  return (caller, clusterId, settings) => {
    const cluster = clusters.find(({ id }) => id === clusterId);
    if (cluster === undefined) throw new KafkaError('UNKNOWN_CLUSTER', { resource: clusterId });
    if (caller.credentials.clusterId !== clusterId) throw new Error('a caller came with credentials of another cluster');
    const wiring = { cluster, transport: transportFor(cluster.transport), clock, timers, refused, observe, budget, count: () => undefined };
    const { tokens, connections, metadata, throttledUntil } = wirePrincipal(caller.credentials, wiring, { principalChanged: () => undefined, connected: () => undefined });
    const { groupId, reset, sessionTimeoutMs = SESSION_TIMEOUT_MS, rebalanceTimeoutMs = REBALANCE_TIMEOUT_MS, heartbeatMs = HEARTBEAT_MS } = settings;
    return new KafkaGroupConsumer({
      connections,
      metadata,
      clock,
      timers,
      lanes: new FetchLanes(connections, timers),
      coordinator: new GroupCoordinator(groupId, { connections, metadata, clock, timers }),
      brokerDeadlineMs: cluster.brokerDeadlineMs,
      membership: { sessionTimeoutMs, rebalanceTimeoutMs, heartbeatMs },
      reset,
      throttledUntil,
      adopt: (source) => tokens.adopt(source),
      end: () => connections.close(),
    });
  };
};
