import { RecordQueue } from './record.queue.js';

/** One topic's waiting records: in order for each partition, and the keyless ones that no partition has yet. */
export class TopicQueues {
  readonly partitions = new Map<number, RecordQueue>();
  readonly keyless = new RecordQueue();

  partition(partition: number): RecordQueue {
    let queue = this.partitions.get(partition);
    if (queue === undefined) this.partitions.set(partition, (queue = new RecordQueue()));
    return queue;
  }

  get all(): RecordQueue[] {
    return [...this.partitions.values(), this.keyless];
  }

  get isWaiting(): boolean {
    return this.all.some((queue) => !queue.isEmpty);
  }

  get isInFlight(): boolean {
    return this.all.some((queue) => queue.inFlight);
  }
}
