import { KafkaError } from '../errors/kafka-error.js';
import { FetchLanes } from '../protocol/fetch/fetch.lanes.js';
import { GroupCoordinator } from '../protocol/groups/group.coordinator.js';
import type { ClusterSettings } from '../session/cluster-settings.js';
import type { KafkaCaller } from '../session/kafka-credential.js';
import { type PrincipalWiringContext, wirePrincipal } from '../session/principal.wiring.js';
import type { GroupConsumer, GroupConsumerSettings } from './group.consumer.port.js';
import { KafkaGroupConsumer } from './kafka.group.consumer.js';

const SESSION_TIMEOUT_MS = 45_000;
const REBALANCE_TIMEOUT_MS = 60_000;
const HEARTBEAT_MS = 3_000;

export interface OpenConsumersContext {
  readonly clusters: ReadonlyMap<string, ClusterSettings>;
  readonly wiringFor: (cluster: ClusterSettings) => PrincipalWiringContext;
}

/**
 * Every consumer of one process. Each has connections and tokens of its own, apart from sessions (Must 8, 11): it lives as long
 * as its owner's instance does, and a join that waits for other members must hold up nothing else. Budget, refused tokens and
 * eviction are the sessions' own.
 */
export class OpenConsumers {
  readonly #context: OpenConsumersContext;
  /** Consumer → the session key of whose it is. */
  readonly #open = new Map<KafkaGroupConsumer, string>();
  #closed = false;

  constructor(context: OpenConsumersContext) {
    this.#context = context;
  }

  get count(): number {
    return this.#open.size;
  }

  /** @throws KafkaError UNKNOWN_CLUSTER; NO_BROKER while the process ends */
  open(caller: KafkaCaller, clusterId: string, settings: GroupConsumerSettings): GroupConsumer {
    const cluster = this.#context.clusters.get(clusterId);
    if (cluster === undefined) throw new KafkaError('UNKNOWN_CLUSTER', { resource: clusterId });
    if (caller.credentials.clusterId !== clusterId) throw new Error('a caller came with credentials of another cluster');
    if (this.#closed) throw new KafkaError('NO_BROKER');
    const wiring = this.#context.wiringFor(cluster);
    const { clock, timers } = wiring;
    const { tokens, connections, metadata, throttledUntil } = wirePrincipal(caller.credentials, wiring, { principalChanged: () => undefined, connected: () => undefined });
    const { groupId, reset, sessionTimeoutMs = SESSION_TIMEOUT_MS, rebalanceTimeoutMs = REBALANCE_TIMEOUT_MS, heartbeatMs = HEARTBEAT_MS } = settings;
    const consumer: KafkaGroupConsumer = new KafkaGroupConsumer({
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
      end: () => {
        this.#open.delete(consumer);
        connections.close();
      },
    });
    this.#open.set(consumer, caller.credentials.sessionKey);
    return consumer;
  }

  evict(where: (sessionKey: string) => boolean): void {
    for (const [consumer, sessionKey] of this.#open) if (where(sessionKey)) consumer.abandon();
  }

  /** Leaves every group, so that other members need not wait for the session's time-out. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#open.keys()].map((consumer) => consumer.close()));
  }
}
