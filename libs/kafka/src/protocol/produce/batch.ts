import type { Stamp } from './partition.sequences.js';
import type { Entry } from './produce.call.js';
import type { RecordQueue } from './record.queue.js';

/** Records that go to one partition in one request. `parts` says which queue each came from, for putting back. */
export interface Batch {
  readonly topic: string;
  readonly partition: number;
  readonly parts: { readonly queue: RecordQueue; readonly entries: readonly Entry[] }[];
  /** Sent before with an outcome that is not known. */
  readonly pinned?: PinnedBatch;
}

/** What may have been written: only these very bytes, with their sequence, may be sent again (KIP-98). */
export interface PinnedBatch extends Omit<Batch, 'pinned'> {
  readonly encoded: Buffer;
  readonly stamp: Stamp;
  /** The time of records that bring none, epoch ms. */
  readonly packedAt: number;
  readonly tries: number;
  /** Epoch ms. */
  readonly notBefore: number;
}
