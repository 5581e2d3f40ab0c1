import type { CallOptions } from '../call.options.js';
import type { PartitionDescription } from '../cluster.descriptions.js';
import type { AclOperation } from './acls.admin.port.js';
import type { Each } from './outcome.js';

export interface PartitionDetail extends PartitionDescription {
  readonly leaderEpoch: number;
  /** Replicas whose broker is away. */
  readonly offline: readonly number[];
}

export interface TopicDetail {
  /** The UUID that a topic made again under its name does not share (KIP-516). */
  readonly topicId: string;
  readonly internal: boolean;
  readonly partitions: readonly PartitionDetail[];
  /** What the caller may do with this topic by Kafka's ACLs (KIP-430). */
  readonly authorizedOperations: readonly AclOperation[] | null;
}

export interface PartitionGrowth {
  readonly topic: string;
  /** How many the topic shall have in all. */
  readonly count: number;
  /** Replicas of each added partition, in order; absent: the controller chooses. */
  readonly assignments?: readonly (readonly number[])[];
}

export interface ChangeOptions extends CallOptions {
  /** Only say what would happen. */
  readonly validateOnly?: boolean;
}

export type TopicOutcome<Done extends object = object> = Each<{ readonly topic: string }, Done>;

export interface TopicsAdmin {
  /** null: all that the caller may describe, by name. */
  describe(topics: readonly string[] | null, options?: CallOptions): Promise<readonly TopicOutcome<TopicDetail>[]>;
  delete(topics: readonly string[], options?: CallOptions): Promise<readonly TopicOutcome[]>;
  createPartitions(growths: readonly PartitionGrowth[], options?: ChangeOptions): Promise<readonly TopicOutcome[]>;
}
