import type { CallOptions } from '../call.options.js';
import type { Each, PartitionName } from './outcome.js';

/** A partition on its way to other brokers (KIP-455). */
export interface Reassignment extends PartitionName {
  readonly replicas: readonly number[];
  readonly adding: readonly number[];
  readonly removing: readonly number[];
}

export interface PartitionsAdmin {
  /** `replicas` null takes a running reassignment back. Resolves when it has begun, not when it is done. */
  reassign(wishes: readonly (PartitionName & { readonly replicas: readonly number[] | null })[], options?: CallOptions): Promise<readonly Each<PartitionName>[]>;
  /** Running ones, of these topics or of all. */
  reassignments(topics: readonly string[] | null, options?: CallOptions): Promise<readonly Reassignment[]>;
  /** Records below `before`, or all up to the end, go for good. Tells where the log begins then. */
  deleteRecords(wishes: readonly (PartitionName & { readonly before: bigint | 'end' })[], options?: CallOptions): Promise<readonly Each<PartitionName, { readonly start: bigint }>[]>;
  /** UNCLEAN may lose records. `elected` is false where the leader already was the right one. */
  electLeaders(kind: 'PREFERRED' | 'UNCLEAN', partitions: readonly PartitionName[], options?: CallOptions): Promise<readonly Each<PartitionName, { readonly elected: boolean }>[]>;
}
