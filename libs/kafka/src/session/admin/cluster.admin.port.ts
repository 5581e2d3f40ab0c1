import type { CallOptions } from '../call.options.js';
import type { BrokerDescription } from '../cluster.descriptions.js';
import type { AclOperation } from './acls.admin.port.js';
import type { Each, PartitionName } from './outcome.js';

export interface ClusterDescription {
  readonly clusterId: string;
  /** Who takes controller requests as the brokers tell it: with KRaft any live broker (KIP-590); null when none is known. */
  readonly controllerId: number | null;
  readonly brokers: readonly BrokerDescription[];
  /** What the caller may do with the cluster as a whole; empty for whom Kafka lets do nothing (KIP-430). */
  readonly authorizedOperations: readonly AclOperation[] | null;
}

export interface ReplicaLog extends PartitionName {
  readonly bytes: bigint;
  /** Records that a follower or a moving copy lacks. */
  readonly offsetLag: bigint;
  /** A copy that is being made to replace the present one. */
  readonly isFuture: boolean;
}

export interface LogDirectory {
  readonly path: string;
  /** -1 where the broker does not tell (before 3.3). */
  readonly totalBytes: bigint;
  readonly usableBytes: bigint;
  readonly replicas: readonly ReplicaLog[];
}

/** A directory that has failed tells no more than its path. */
export type DirectoryOutcome = Each<{ readonly path: string }, Omit<LogDirectory, 'path'>>;
export type BrokerDirectories = Each<{ readonly brokerId: number }, { readonly directories: readonly DirectoryOutcome[] }>;

export interface ClusterAdmin {
  describe(options?: CallOptions): Promise<ClusterDescription>;
  /** Of these brokers, or of all; replicas of topics that the rule hides are left out. */
  logDirectories(brokerIds: readonly number[] | null, options?: CallOptions): Promise<readonly BrokerDirectories[]>;
}
