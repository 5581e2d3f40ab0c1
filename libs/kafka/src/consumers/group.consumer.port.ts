import type { KafkaError } from '../errors/kafka-error.js';
import type { KafkaCaller } from '../session/kafka-credential.js';
import type { CallOptions, FetchedRecord, OffsetQuery } from '../session/session.port.js';

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** `offset` is the one to read next: Kafka's own meaning of a position and of a commit. */
export interface PartitionOffset extends TopicPartition {
  readonly offset: bigint;
}

export type ConsumedRecord = FetchedRecord & TopicPartition;

export type CommitResult =
  | (PartitionOffset & { readonly kind: 'committed' })
  | (PartitionOffset & { readonly kind: 'failed'; readonly error: KafkaError });

export interface PollLimits {
  readonly maxRecords: number;
  /** Bytes of keys and values; one larger first record is given all the same. */
  readonly maxBytes: number;
  /** For joining and for a first record together; nothing found is an empty list. */
  readonly maxWaitMs: number;
}

export interface GroupConsumerSettings {
  readonly groupId: string;
  /** Where to begin without a committed offset, and where to go on when the log no longer has it. */
  readonly reset: 'earliest' | 'latest' | 'none';
  /** Default 45 s, as Java's. */
  readonly sessionTimeoutMs?: number;
  /** How long a rebalance waits for this member; default 60 s. */
  readonly rebalanceTimeoutMs?: number;
  /** Default 3 s. */
  readonly heartbeatMs?: number;
}

/**
 * One principal's consumer in one group, by the classic protocol or with partitions assigned by hand. It outlives requests;
 * each call brings the caller anew, whose fresher proof it takes over (I11, I15) and whose topic rule is asked (I25).
 * Nothing is fetched ahead: what was not returned by `poll` was not taken, so a seek or a rebalance has nothing to drop.
 * Calls on one consumer run one after the other; one whose turn does not come before its deadline was not done.
 * @throws KafkaError from every call: ILLEGAL_GROUP_STATE where it does not fit the subscription, GROUP_AUTHORIZATION_FAILED,
 *   TOPIC_RULE_DENIED, CREDENTIAL_EXPIRED, ... A closed consumer answers UNKNOWN_MEMBER
 */
export interface GroupConsumer {
  readonly groupId: string;
  /** Replaces the list of topics and joins in the background. Not while partitions are assigned by hand. */
  subscribe(caller: KafkaCaller, topics: readonly string[]): Promise<void>;
  /** Partitions by hand, without membership. Not while subscribed. */
  assign(caller: KafkaCaller, partitions: readonly TopicPartition[], options?: CallOptions): Promise<void>;
  /** Ends subscription or assignment; positions are gone with it. */
  unsubscribe(caller: KafkaCaller, options?: CallOptions): Promise<void>;
  /** Topics subscribed to, by name; empty otherwise. */
  subscription(): readonly string[];
  /** What is this consumer's at this moment; empty while a rebalance runs. */
  assignment(): readonly TopicPartition[];
  poll(caller: KafkaCaller, limits: PollLimits, options?: CallOptions): Promise<readonly ConsumedRecord[]>;
  /** For partitions assigned now only. */
  seek(caller: KafkaCaller, offsets: readonly PartitionOffset[]): Promise<void>;
  /** A time after the last record means the end. */
  seekTo(caller: KafkaCaller, partitions: readonly TopicPartition[], at: OffsetQuery, options?: CallOptions): Promise<void>;
  /** Commits `offsets`, or behind every record that `poll` has given. For partitions assigned now only; each has its own result. */
  commit(caller: KafkaCaller, offsets?: readonly PartitionOffset[], options?: CallOptions): Promise<readonly CommitResult[]>;
  /** null where the group has none. */
  committed(caller: KafkaCaller, partitions: readonly TopicPartition[], options?: CallOptions): Promise<readonly (TopicPartition & { readonly offset: bigint | null })[]>;
  /** As `KafkaSession.throttledUntil`. */
  throttledUntil(): number;
  /** Leaves the group at once and ends the connections. Needs no caller: time-outs and shutdown call it too. */
  close(): Promise<void>;
}
