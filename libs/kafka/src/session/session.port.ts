import type { KafkaError } from '../errors/kafka-error.js';
import type { KafkaAdmin } from './admin/admin.port.js';
import type { CallOptions } from './call.options.js';
import type { BrokerDescription, TopicDescription } from './cluster.descriptions.js';

export type * from './call.options.js';
export type * from './cluster.descriptions.js';

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
  /** The offset is -1 where the site has chosen acks 0, and nobody knows. */
  | { readonly kind: 'stored'; readonly partition: number; readonly offset: bigint; readonly timestamp: number | null }
  | { readonly kind: 'failed'; readonly error: KafkaError };

/** The effective value of one setting; null where Kafka keeps it secret. */
export interface ConfigEntry {
  readonly name: string;
  readonly value: string | null;
  readonly sensitive: boolean;
}

/** A read without a group: from one offset of one partition, committed records only. */
export interface FetchRequest {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** The answer holds at most this many records; the first record is given whatever its size. */
  readonly maxRecords: number;
  /** Bytes of keys and values in the answer; one larger first record is given all the same. */
  readonly maxBytes: number;
  /** How long the broker may wait for a first record; 0 answers at once. */
  readonly maxWaitMs: number;
}

export interface FetchedRecord {
  readonly offset: bigint;
  /** Epoch ms; -1 where the log has none. */
  readonly timestamp: number;
  readonly timestampType: 'create' | 'log-append';
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly RecordHeader[];
}

export interface FetchResult {
  readonly records: readonly FetchedRecord[];
  /** Where to read next: past the last record given, and past gaps and aborted records that were skipped. */
  readonly nextOffset: bigint;
  /** The offset that the next committed record will get. */
  readonly endOffset: bigint;
}

/** `earliest` is the log's start, `latest` the offset of the next committed record, a number the first record at or after that time. */
export type OffsetQuery = 'earliest' | 'latest' | { readonly timestamp: number };

/** A topic to be made; null leaves the choice to the broker's defaults. */
export interface NewTopic {
  readonly name: string;
  readonly partitions: number | null;
  readonly replicationFactor: number | null;
  readonly configs: ReadonlyMap<string, string | null>;
  readonly assignments?: ReadonlyMap<number, readonly number[]>;
  readonly validateOnly?: boolean;
}

export interface CreatedTopic {
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor: number;
}

/**
 * One principal's use of one cluster, valid inside `withSessionFor` only. Every topic name is put to the caller's topic
 * rule first (I25); lists are filtered by it. Whole-call failures throw `KafkaError`; per-item failures are data.
 */
export interface KafkaSession {
  readonly clusterId: string;
  /**
   * Until when (epoch ms) a broker has asked this principal to be quiet, because a quota of the cluster is used up (KIP-219); 0 when none
   * has. Meanwhile its calls to that broker wait, and those whose deadline comes first fail with THROTTLED before anything is sent.
   */
  throttledUntil(): number;
  /** Administration, by subject. */
  readonly admin: KafkaAdmin;
  /** Topics that the caller may describe, by name, internal ones included and marked. */
  listTopics(options?: CallOptions): Promise<readonly { readonly name: string; readonly internal: boolean }[]>;
  /** @throws KafkaError UNKNOWN_TOPIC, TOPIC_AUTHORIZATION_FAILED, ... */
  describeTopic(topic: string, options?: CallOptions): Promise<TopicDescription>;
  describeBrokers(options?: CallOptions): Promise<readonly BrokerDescription[]>;
  /** All effective settings of a topic, sorted by name. */
  topicConfigs(topic: string, options?: CallOptions): Promise<readonly ConfigEntry[]>;
  /** Results in the order of `records`; never rejects for what one record did. Acks: all. */
  produce(records: readonly ProduceRecord[], options?: CallOptions): Promise<readonly RecordResult[]>;
  /** @throws KafkaError UNKNOWN_TOPIC, UNKNOWN_PARTITION, TOPIC_AUTHORIZATION_FAILED, OFFSET_OUT_OF_RANGE (never reset silently) */
  fetch(request: FetchRequest, options?: CallOptions): Promise<FetchResult>;
  /** One offset for each partition asked for; null where a timestamp lies after the last record. @throws KafkaError */
  offsets(topic: string, partitions: readonly number[], at: OffsetQuery, options?: CallOptions): Promise<ReadonlyMap<number, bigint | null>>;
  /** @throws KafkaError TOPIC_ALREADY_EXISTS, INVALID_TOPIC, INVALID_CONFIG, ... with the broker's text; *_AUTHORIZATION_FAILED */
  createTopic(topic: NewTopic, options?: CallOptions): Promise<CreatedTopic>;
}
