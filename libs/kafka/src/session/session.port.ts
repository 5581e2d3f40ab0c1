import type { KafkaError } from '../errors/kafka-error.js';

/** One record as bytes. `null` and an empty buffer are different things in both directions (Must 16). */
export interface ProduceRecord {
  readonly topic: string;
  /** null: by murmur2 of the key, or sticky for keyless records (Must 13). A number is used as it is or refused. */
  readonly partition: number | null;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: readonly RecordHeader[];
  /** Epoch ms; absent: now. */
  readonly timestamp?: number;
}

/** Order and duplicates are kept; a null value is not an empty one. */
export interface RecordHeader {
  readonly name: string;
  readonly value: Buffer | null;
}

/** Every record has its own result (Must 9). */
export type RecordResult =
  | { readonly kind: 'stored'; readonly partition: number; readonly offset: bigint; readonly timestamp: number | null }
  | { readonly kind: 'failed'; readonly error: KafkaError };

export interface PartitionDescription {
  readonly partition: number;
  /** -1 when there is none. */
  readonly leader: number;
  readonly replicas: readonly number[];
  readonly inSync: readonly number[];
}

export interface TopicDescription {
  readonly name: string;
  readonly internal: boolean;
  readonly partitions: readonly PartitionDescription[];
}

export interface BrokerDescription {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
}

/** The effective value of one setting; null where Kafka keeps it secret. */
export interface ConfigEntry {
  readonly name: string;
  readonly value: string | null;
  readonly sensitive: boolean;
}

/** A deadline for the whole call, epoch ms on the injected clock. Absent: the cluster's broker deadline (default 10 s). */
export interface CallOptions {
  readonly deadline?: number;
}

/**
 * One principal's use of one cluster, valid inside `withSessionFor` only. Every topic name is put to the caller's topic
 * rule first (I25); lists are filtered by it. Whole-call failures throw `KafkaError`; per-item failures are data.
 */
export interface KafkaSession {
  readonly clusterId: string;
  /** Topics that the caller may describe, by name, internal ones included and marked. */
  listTopics(options?: CallOptions): Promise<readonly { readonly name: string; readonly internal: boolean }[]>;
  /** @throws KafkaError UNKNOWN_TOPIC, TOPIC_AUTHORIZATION_FAILED, ... */
  describeTopic(topic: string, options?: CallOptions): Promise<TopicDescription>;
  describeBrokers(options?: CallOptions): Promise<readonly BrokerDescription[]>;
  /** All effective settings of a topic, sorted by name. */
  topicConfigs(topic: string, options?: CallOptions): Promise<readonly ConfigEntry[]>;
  /** Results in the order of `records`; never rejects for what one record did. Acks: all. */
  produce(records: readonly ProduceRecord[], options?: CallOptions): Promise<readonly RecordResult[]>;
}
