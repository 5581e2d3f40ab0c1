import type { PinnedBatch } from './batch.js';
import { RecordQueue } from './record.queue.js';

/** One topic's waiting records: in order for each partition, and the keyless ones that no partition has yet. */
export class TopicQueues {
  readonly partitions = new Map<number, RecordQueue>();
  readonly keyless: RecordQueue;
  /** Batches that may have been written, waiting to be sent again just as they were; nothing else of their partition goes before. */
  readonly pinned = new Map<number, PinnedBatch>();
  readonly #batchBytes: number;

  constructor(batchBytes: number) {
    this.#batchBytes = batchBytes;
    this.keyless = new RecordQueue(batchBytes);
  }

  partition(partition: number): RecordQueue {
    let queue = this.partitions.get(partition);
    if (queue === undefined) this.partitions.set(partition, (queue = new RecordQueue(this.#batchBytes)));
    return queue;
  }

  get all(): RecordQueue[] {
    return [...this.partitions.values(), this.keyless];
  }

  get isWaiting(): boolean {
    return this.pinned.size > 0 || this.all.some((queue) => !queue.isEmpty);
  }

  get isInFlight(): boolean {
    return this.all.some((queue) => queue.inFlight);
  }
}
