import type { KafkaError } from '../../errors/kafka-error.js';
import type { MetadataCache, TopicMetadata } from '../metadata.cache.js';
import type { Batch } from './batch.js';
import type { RecordQueue } from './record.queue.js';
import type { TopicQueues } from './topic.queues.js';

export interface FlushPlan {
  /** Leader id → what to send it in one request. */
  readonly flushes: ReadonlyMap<number, readonly Batch[]>;
  /** Topics whose leaders must be asked for first. */
  readonly lookups: ReadonlySet<string>;
  /** Topics that are gone or forbidden by now. */
  readonly failures: readonly { readonly topic: string; readonly error: KafkaError }[];
  /** When to plan again although nothing else happens (epoch ms). */
  readonly wakeAt: number | null;
}

type KnownTopic = Extract<TopicMetadata, { kind: 'known' }>;

/** Encoding this many records takes a few milliseconds: other principals' work comes between two flushes. */
const REQUEST_RECORDS = 2_000;
const REQUEST_BYTES = 4_000_000;
const LEADERLESS_WAIT_MS = 100;

/**
 * Chooses what to send now: at most one request for each leader that has none on its way (a broker serves one request a
 * connection at a time), at most one batch for each partition (order), keyless records to one led partition a flush.
 */
export const planFlushes = (topics: Map<string, TopicQueues>, metadata: Pick<MetadataCache, 'peek' | 'isStale' | 'forget' | 'refreshInBackground'>, busy: ReadonlySet<number>, now: number, random: () => number = Math.random): FlushPlan => {
  const draft = new Draft(busy, now);
  const lookups = new Set<string>();
  const failures: { topic: string; error: KafkaError }[] = [];
  // From another topic each time, so that one that fills every request cannot keep the others waiting.
  for (const [topic, queues] of rotated([...topics], random)) {
    const known = metadata.peek(topic);
    if (!queues.isWaiting) {
      if (!queues.isInFlight) topics.delete(topic);
    } else if (known === undefined) {
      lookups.add(topic);
    } else if (known.kind === 'failed') {
      failures.push({ topic, error: known.error });
    } else {
      if (metadata.isStale(known)) metadata.refreshInBackground(topic);
      const leaderless = draft.takeTopic(known, queues, random);
      if (leaderless) metadata.forget(topic);
    }
  }
  return { flushes: draft.flushes, lookups, failures, wakeAt: draft.wakeAt };
};

class Draft {
  readonly flushes = new Map<number, Batch[]>();
  wakeAt: number | null = null;
  readonly #room = new Map<number, { bytes: number; records: number }>();
  readonly #busy: ReadonlySet<number>;
  readonly #now: number;

  constructor(busy: ReadonlySet<number>, now: number) {
    this.#busy = busy;
    this.#now = now;
  }

  /** @returns whether a leader is missing */
  takeTopic(known: KnownTopic, queues: TopicQueues, random: () => number): boolean {
    let leaderless = this.#takePinned(known, queues);
    const takeKeyless = (): void => {
      if (!this.#isDue(queues.keyless)) return;
      const led = [...known.partitions.values()].filter(({ leader }) => leader >= 0);
      if (led.length === 0) leaderless = this.#hold(queues.keyless);
      const free = led.filter(({ partition, leader }) => !this.#busy.has(leader) && !queues.pinned.has(partition) && queues.partitions.get(partition)?.inFlight !== true);
      const target = free[Math.floor(random() * free.length)];
      if (target !== undefined) this.#take(target.leader, known.name, target.partition, queues.keyless);
    };
    // Either may fill the one partition of a small topic: whose turn is first is left to chance.
    const keylessFirst = random() < 0.5;
    if (keylessFirst) takeKeyless();
    for (const [partition, queue] of rotated([...queues.partitions], random)) {
      if (queue.inFlight || queues.pinned.has(partition) || !this.#isDue(queue)) continue;
      const leader = known.partitions.get(partition)?.leader ?? -1;
      if (leader < 0) leaderless = this.#hold(queue);
      else if (!this.#busy.has(leader)) this.#take(leader, known.name, partition, queue);
    }
    if (!keylessFirst) takeKeyless();
    return leaderless;
  }

  #takePinned(known: KnownTopic, queues: TopicQueues): boolean {
    let leaderless = false;
    for (const [partition, pinned] of queues.pinned) {
      if (queues.partition(partition).inFlight) continue;
      const leader = known.partitions.get(partition)?.leader ?? -1;
      if (pinned.notBefore > this.#now) this.#wake(pinned.notBefore);
      else if (leader < 0) {
        leaderless = true;
        this.#wake(this.#now + LEADERLESS_WAIT_MS);
      } else if (!this.#busy.has(leader)) this.#batchesOf(leader).push({ topic: known.name, partition, parts: pinned.parts, pinned });
    }
    return leaderless;
  }

  #batchesOf(leader: number): Batch[] {
    let batches = this.flushes.get(leader);
    if (batches === undefined) this.flushes.set(leader, (batches = []));
    return batches;
  }

  #isDue(queue: RecordQueue): boolean {
    if (queue.isEmpty) return false;
    if (queue.notBefore <= this.#now) return true;
    this.#wake(queue.notBefore);
    return false;
  }

  #hold(queue: RecordQueue): true {
    queue.notBefore = this.#now + LEADERLESS_WAIT_MS;
    this.#wake(queue.notBefore);
    return true;
  }

  #wake(at: number): void {
    this.wakeAt = this.wakeAt === null ? at : Math.min(this.wakeAt, at);
  }

  #take(leader: number, topic: string, partition: number, queue: RecordQueue): void {
    let left = this.#room.get(leader);
    if (left === undefined) this.#room.set(leader, (left = { bytes: REQUEST_BYTES, records: REQUEST_RECORDS }));
    if (left.records <= 0 || left.bytes <= 0) return;
    const batch = this.flushes.get(leader)?.find((b) => b.partition === partition && b.topic === topic);
    const present = batch === undefined ? 0 : bytesOf(batch);
    // A batch that has records already takes no more than fits beside them, which is less after a refusal.
    if (batch !== undefined && queue.nextBytes > queue.mostBytes - present) return;
    const entries = queue.take(queue.mostBytes - present, left.records);
    if (entries.length === 0) return;
    left.records -= entries.length;
    for (const { bytes } of entries) left.bytes -= bytes;
    if (batch === undefined) this.#batchesOf(leader).push({ topic, partition, parts: [{ queue, entries }] });
    else batch.parts.push({ queue, entries });
  }
}

const bytesOf = ({ parts }: Batch): number => parts.reduce((sum, { entries }) => sum + entries.reduce((inner, { bytes }) => inner + bytes, 0), 0);

const rotated = <T>(items: T[], random: () => number): T[] => {
  if (items.length < 2) return items;
  const first = Math.floor(random() * items.length);
  return [...items.slice(first), ...items.slice(0, first)];
};
