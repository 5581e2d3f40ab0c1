import { partitionKey } from '../groups/group-offsets.js';
import type { ProducerIdentity } from './producer.identity.js';

/** What the broker checks a batch by: the first record's number among all of this producer in the partition. */
export interface Stamp extends ProducerIdentity {
  readonly sequence: number;
}

const SEQUENCES = 2 ** 31;

/** The next sequence of each partition. It moves on only with what was stored: a refused batch leaves its number to the next. */
export class PartitionSequences {
  readonly #partitions = new Map<string, { readonly identity: ProducerIdentity; next: number }>();

  /** A partition keeps the identity with which it began. */
  stamp(topic: string, partition: number, current: ProducerIdentity): Stamp {
    const key = partitionKey(topic, partition);
    let state = this.#partitions.get(key);
    if (state === undefined) this.#partitions.set(key, (state = { identity: current, next: 0 }));
    return { ...state.identity, sequence: state.next };
  }

  stored(topic: string, partition: number, stamp: Stamp, count: number): void {
    const state = this.#partitions.get(partitionKey(topic, partition));
    if (state !== undefined && state.identity.id === stamp.id && state.identity.epoch === stamp.epoch) state.next = (stamp.sequence + count) % SEQUENCES;
  }

  /** Nobody knows any more which number is next: the partition begins anew, with another identity. */
  forget(topic: string, partition: number): void {
    this.#partitions.delete(partitionKey(topic, partition));
  }
}
