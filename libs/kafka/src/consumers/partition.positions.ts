import { partitionKey } from '../protocol/groups/group-offsets.js';
import type { PartitionOffset, TopicPartition } from './group.consumer.port.js';

interface Place {
  readonly topic: string;
  readonly partition: number;
  /** null: not asked for yet. */
  offset: bigint | null;
  /** Something was given from here since the last commit of it. */
  delivered: boolean;
  /** The log no longer has the position: the committed one is no help either. */
  gone: boolean;
}

/** Where a consumer stands in each partition that is its own; other partitions are not known here. */
export class PartitionPositions {
  #places = new Map<string, Place>();

  /** These and no others, all without a position: somebody else may have read on meanwhile. */
  replace(partitions: readonly TopicPartition[]): void {
    this.#places = new Map(partitions.map(({ topic, partition }) => [partitionKey(topic, partition), { topic, partition, offset: null, delivered: false, gone: false }]));
  }

  has({ topic, partition }: TopicPartition): boolean {
    return this.#places.has(partitionKey(topic, partition));
  }

  get topics(): ReadonlySet<string> {
    return new Set([...this.#places.values()].map(({ topic }) => topic));
  }

  get all(): readonly TopicPartition[] {
    return [...this.#places.values()].map(({ topic, partition }) => ({ topic, partition }));
  }

  get unsettled(): readonly TopicPartition[] {
    return [...this.#places.values()].filter(({ offset }) => offset === null).map(({ topic, partition }) => ({ topic, partition }));
  }

  get settled(): readonly PartitionOffset[] {
    return [...this.#places.values()].flatMap(({ topic, partition, offset }) => (offset === null ? [] : [{ topic, partition, offset }]));
  }

  /** Positions behind records that were given: what a commit without offsets stores. */
  get delivered(): readonly PartitionOffset[] {
    return [...this.#places.values()].flatMap(({ topic, partition, offset, delivered }) => (offset === null || !delivered ? [] : [{ topic, partition, offset }]));
  }

  /** null: to be asked for again. */
  set({ topic, partition }: TopicPartition, offset: bigint | null): void {
    const place = this.#places.get(partitionKey(topic, partition));
    if (place === undefined) return;
    place.offset = offset;
    place.delivered = false;
    if (offset !== null) place.gone = false;
  }

  /** To be asked for again, by the reset policy: the log no longer has it. */
  lose(one: TopicPartition): void {
    this.set(one, null);
    const place = this.#places.get(partitionKey(one.topic, one.partition));
    if (place !== undefined) place.gone = true;
  }

  isGone({ topic, partition }: TopicPartition): boolean {
    return this.#places.get(partitionKey(topic, partition))?.gone === true;
  }

  /** Records were given up to `offset`, or passed because a committed reader never sees them. */
  advance({ topic, partition }: TopicPartition, offset: bigint): void {
    const place = this.#places.get(partitionKey(topic, partition));
    if (place === undefined) return;
    place.offset = offset;
    place.delivered = true;
  }

  /** The partition that was read first is read last next time, so that a full one cannot keep the others waiting. */
  rotate(): void {
    const [first] = this.#places;
    if (first === undefined) return;
    this.#places.delete(first[0]);
    this.#places.set(...first);
  }
}
