import type { CallOptions } from '../call.options.js';
import type { AclOperation } from './acls.admin.port.js';
import type { Each, PartitionName } from './outcome.js';

/** `consumer` is KIP-848's protocol. A broker may tell kinds that are newer than this text. */
export type GroupType = 'classic' | 'consumer' | (string & {});

export interface GroupListing {
  readonly groupId: string;
  /** null where the broker is too old to tell (before 3.8). */
  readonly type: GroupType | null;
  /** Kafka's name: Stable, Empty, PreparingRebalance, Assigning, ... */
  readonly state: string;
  /** `consumer` for groups of consumers; others use the group protocol for other work. Empty where nobody has joined yet. */
  readonly protocolType: string;
}

export interface GroupMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  /** Topics subscribed to by name; those that the topic rule hides are left out here and in assignments. */
  readonly subscribed: readonly string[];
  readonly assignments: readonly PartitionName[];
}

export interface GroupDetail {
  readonly type: 'classic' | 'consumer';
  readonly state: string;
  /** The assignor that divides the partitions; empty while there is none. */
  readonly assignor: string;
  readonly coordinatorId: number;
  readonly members: readonly GroupMember[];
  readonly authorizedOperations: readonly AclOperation[] | null;
}

export interface GroupPosition extends PartitionName {
  readonly offset: bigint;
  readonly metadata: string;
}

/** How far one partition's reader is behind the end of the log, for a committed reader. */
export interface PartitionLag {
  readonly committed: bigint;
  readonly end: bigint;
  readonly lag: bigint;
  /** Who reads the partition now; null when nobody does. */
  readonly member: Pick<GroupMember, 'memberId' | 'instanceId' | 'clientId' | 'clientHost'> | null;
}

export interface GroupsAdmin {
  /** Of every coordinator; empty filters mean all. */
  list(filter?: { readonly states?: readonly string[]; readonly types?: readonly GroupType[] }, options?: CallOptions): Promise<readonly GroupListing[]>;
  /** A group that is not there fails with UNKNOWN_GROUP, also where Kafka would say `Dead`. */
  describe(groupIds: readonly string[], options?: CallOptions): Promise<readonly Each<{ readonly groupId: string }, GroupDetail>[]>;
  delete(groupIds: readonly string[], options?: CallOptions): Promise<readonly Each<{ readonly groupId: string }>[]>;
  /** Every position of the group. @throws KafkaError GROUP_AUTHORIZATION_FAILED, UNKNOWN_GROUP */
  offsets(groupId: string, options?: CallOptions): Promise<readonly GroupPosition[]>;
  /** One for each position; a partition whose end cannot be had fails alone. @throws as `offsets` */
  lags(groupId: string, options?: CallOptions): Promise<readonly Each<PartitionName, PartitionLag>[]>;
  /** Of a group without members; with members Kafka answers UNKNOWN_MEMBER. */
  alterOffsets(groupId: string, positions: readonly (PartitionName & { readonly offset: bigint; readonly metadata?: string })[], options?: CallOptions): Promise<readonly Each<PartitionName>[]>;
  /** Not of topics that a member subscribes to (ILLEGAL_GROUP_STATE). */
  deleteOffsets(groupId: string, partitions: readonly PartitionName[], options?: CallOptions): Promise<readonly Each<PartitionName>[]>;
}
