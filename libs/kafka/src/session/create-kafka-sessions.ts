import { OpenConsumers } from '../consumers/open.consumers.js';
import { nodeTimers, type Timers } from '../protocol/deadline.js';
import { ByteBudget } from '../protocol/produce/byte-budget.js';
import { transportFor } from '../transports/transport-for.js';
import type { Transport } from '../transports/transport.js';
import type { Clock, ClusterSettings, SessionLimits } from './cluster-settings.js';
import { ConnectionBudget } from './connection.budget.js';
import type { Observe } from './notices.js';
import { PrincipalSession } from './principal.session.js';
import type { PrincipalWiringContext } from './principal.wiring.js';
import { checkProducer, DEFAULT_PRODUCER, type ProducerSettings } from './producer.settings.js';
import { RefusedTokens } from './refused.tokens.js';
import { SessionCache } from './session.cache.js';
import type { KafkaSessions } from './sessions.port.js';

export interface KafkaSessionsSettings {
  readonly clusters: readonly ClusterSettings[];
  readonly limits: SessionLimits;
  /** For clusters that say nothing of it themselves. */
  readonly producer?: ProducerSettings;
  /** For sessions and consumers together; absent: the defaults. */
  readonly budget?: ConnectionBudget;
  readonly clock: Clock;
  /** For the log, the metrics and the security alarm; must not throw. */
  readonly observe?: Observe;
  /** For specs; real time otherwise. */
  readonly timers?: Timers;
}

const SWEEP_MOST_MS = 5_000;
const SWEEP_LEAST_MS = 250;

/**
 * The Kafka side of the proxy: every cluster, every caller's sessions.
 * @throws Error at once when a producer setting cannot be, when a transport's library is not the one that it was written for, or two clusters share an id
 */
export const createKafkaSessions = ({ clusters, limits, producer = DEFAULT_PRODUCER, clock, observe = () => undefined, timers = nodeTimers, budget = new ConnectionBudget(undefined, timers) }: KafkaSessionsSettings): KafkaSessions => {
  for (const one of [producer, ...clusters.flatMap((cluster) => cluster.producer ?? [])]) checkProducer(one);
  const byId = new Map(clusters.map((cluster) => [cluster.id, cluster]));
  if (byId.size !== clusters.length) throw new Error('two clusters share an id');
  const transports = new Map<string, Transport>([...new Set(clusters.map(({ transport }) => transport))].map((name) => [name, transportFor(name)]));
  const refused = new RefusedTokens(clock);
  const processBudget = new ByteBudget(limits.bufferBytes);
  const wiringFor = (cluster: ClusterSettings): PrincipalWiringContext => ({ cluster, transport: transports.get(cluster.transport) as Transport, clock, timers, refused, observe, budget, count: (what) => cache.count(what) });
  const cache: SessionCache = new SessionCache({
    clusters: byId,
    limits,
    clock,
    timers,
    open: (source, cluster) => new PrincipalSession(source, { ...wiringFor(cluster), limits, producer: cluster.producer ?? producer, processBudget }),
  });
  const consumers = new OpenConsumers({ clusters: byId, wiringFor });
  budget.whenFull(() => cache.leaveOne());
  const every = Math.min(SWEEP_MOST_MS, Math.max(SWEEP_LEAST_MS, limits.idleMs / 4));
  const sweep = (): void => {
    cache.sweep();
    cancel = timers.after(every, sweep);
  };
  let cancel = timers.after(every, sweep);
  return {
    withSessionFor: (caller, clusterId, use) => cache.withSessionFor(caller, clusterId, use),
    openConsumer: (caller, clusterId, settings) => consumers.open(caller, clusterId, settings),
    counts: () => ({ ...cache.counts(), consumers: consumers.count, connections: budget.counts() }),
    evict: (where) => {
      cache.evict(where);
      consumers.evict(where);
    },
    close: async () => {
      cancel();
      await Promise.all([cache.close(), consumers.close()]);
    },
  };
};
