import type { GroupConsumer, GroupConsumerSettings } from '../consumers/group.consumer.port.js';
import type { ConnectionCounts } from './connection.budget.js';
import type { KafkaCaller } from './kafka-credential.js';
import type { KafkaSession } from './session.port.js';

/** How many sessions live and what became of the others: no caller-controlled label (I29). */
export interface SessionCounts {
  readonly open: number;
  readonly leased: number;
  /** Consumers that callers have open. */
  readonly consumers: number;
  readonly connections: ConnectionCounts;
  readonly connects: number;
  readonly connectFailures: number;
  readonly evictions: Readonly<Record<'idle' | 'full' | 'expired' | 'refused' | 'closed', number>>;
}

/** The only way from request code to Kafka (Must 3, 6). */
export interface KafkaSessions {
  /**
   * Runs `use` with the caller's session; the session is leased meanwhile and cannot be kept.
   * @throws KafkaError CALLER_TOKEN_REFUSED, OWN_TOKEN_REFUSED, CREDENTIAL_EXPIRED, CREDENTIAL_UNAVAILABLE, TOO_MANY_SESSIONS,
   *   NO_BROKER, DEADLINE_EXCEEDED, UNKNOWN_CLUSTER, or whatever `use` throws
   */
  withSessionFor<T>(caller: KafkaCaller, clusterId: string, use: (session: KafkaSession) => Promise<T>): Promise<T>;
  /**
   * A consumer for the caller, until `close`; nothing is contacted before a call that needs it.
   * @throws KafkaError UNKNOWN_CLUSTER; NO_BROKER while the process ends
   */
  openConsumer(caller: KafkaCaller, clusterId: string, settings: GroupConsumerSettings): GroupConsumer;
  counts(): SessionCounts;
  /** Ends sessions and consumers whose key no longer stands under the newest snapshot (I27). */
  evict(where: (sessionKey: string) => boolean): void;
  close(): Promise<void>;
}
