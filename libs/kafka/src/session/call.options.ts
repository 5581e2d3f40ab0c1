/** A deadline for the whole call, epoch ms on the injected clock. Absent: the cluster's broker deadline (default 10 s). */
export interface CallOptions {
  readonly deadline?: number;
}
