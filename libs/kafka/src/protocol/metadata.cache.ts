import { fromBrokerCode } from '../errors/from-broker-code.js';
import { KafkaError, isKafkaError } from '../errors/kafka-error.js';
import type { Clock } from '../session/cluster-settings.js';
import type { BrokerConnections } from './broker.connections.js';
import { METADATA } from './codecs.js';
import { type Timers, within } from './deadline.js';
import { readCall } from './read.call.js';

/** Partition counts and leaders change rarely, and a stale leader is told by error 6 anyway. */
const KNOWN_FOR_MS = 60_000;
/** A missing or forbidden topic may be created or allowed at any moment. */
const FAILED_FOR_MS = 500;
/** A caller may ask for any number of names; the oldest go. */
const MOST_TOPICS = 5_000;

export interface PartitionMetadata {
  readonly partition: number;
  /** -1 when there is none. */
  readonly leader: number;
  readonly replicas: readonly number[];
  readonly inSync: readonly number[];
}

export type TopicMetadata =
  | { readonly kind: 'known'; readonly name: string; readonly internal: boolean; readonly partitions: ReadonlyMap<number, PartitionMetadata>; readonly at: number }
  | { readonly kind: 'failed'; readonly name: string; readonly error: KafkaError; readonly at: number };

export interface ClusterMetadata {
  readonly brokers: readonly { readonly nodeId: number; readonly host: string; readonly port: number; readonly rack: string | null }[];
  readonly topics: readonly TopicMetadata[];
}

interface Batch {
  readonly names: Set<string>;
  readonly answer: Promise<void>;
}

/** What this principal may see of topics, per topic: a forbidden or missing one never harms another. */
export class MetadataCache {
  readonly #connections: BrokerConnections;
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #callMs: number;
  readonly #topics = new Map<string, TopicMetadata>();
  readonly #pending = new Map<string, Promise<void>>();
  #batch: Batch | null = null;

  constructor(connections: BrokerConnections, clock: Clock, timers: Timers, callMs: number) {
    this.#connections = connections;
    this.#clock = clock;
    this.#timers = timers;
    this.#callMs = callMs;
  }

  /** What is known and not too old; a known topic past its time is still given, `isStale` tells. */
  peek(topic: string): TopicMetadata | undefined {
    const entry = this.#topics.get(topic);
    return entry !== undefined && entry.kind === 'failed' && this.isStale(entry) ? undefined : entry;
  }

  isStale(entry: TopicMetadata): boolean {
    return this.#clock.now() - entry.at >= (entry.kind === 'known' ? KNOWN_FOR_MS : FAILED_FOR_MS);
  }

  forget(topic: string): void {
    this.#topics.delete(topic);
  }

  /** Asks again for a topic past its time, without anybody waiting; a failure leaves what is known. */
  refreshInBackground(topic: string): void {
    if (!this.#pending.has(topic)) this.#join(topic).catch(() => undefined);
  }

  /** Makes `peek` know each of `topics`. @throws KafkaError of the connection, DEADLINE_EXCEEDED */
  async lookup(topics: Iterable<string>, deadline: number): Promise<void> {
    const waits = new Set<Promise<void>>();
    for (const topic of topics) if (this.peek(topic) === undefined) waits.add(this.#pending.get(topic) ?? this.#join(topic));
    if (waits.size > 0) await this.#wait(Promise.all(waits), deadline);
  }

  /** The broker's word of now, not the cache's. @throws KafkaError as `lookup` */
  async fresh(topic: string, deadline: number): Promise<TopicMetadata> {
    await this.#wait(this.#join(topic), deadline);
    return this.#topics.get(topic) ?? this.fresh(topic, deadline);
  }

  /** `topics` null: all that this principal may describe; empty: the brokers only. @throws KafkaError */
  async ask(topics: string[] | null, deadline: number): Promise<ClusterMetadata> {
    const answer = await readCall(this.#connections, this.#clock, METADATA, [topics, false, false], deadline);
    this.#connections.learn(answer.brokers);
    const at = this.#clock.now();
    return {
      brokers: answer.brokers.map(({ nodeId, host, port, rack }) => ({ nodeId, host, port, rack: rack ?? null })),
      topics: answer.topics.map((topic): TopicMetadata => {
        const name = topic.name ?? '';
        if (topic.errorCode !== 0) return { kind: 'failed', name, error: new KafkaError(fromBrokerCode(topic.errorCode, 'topic'), { resource: name, brokerCode: topic.errorCode }), at };
        const partitions = topic.partitions.map(({ partitionIndex, leaderId, replicaNodes, isrNodes }) => ({ partition: partitionIndex, leader: leaderId, replicas: replicaNodes, inSync: isrNodes }));
        partitions.sort((a, b) => a.partition - b.partition);
        return { kind: 'known', name, internal: topic.isInternal, partitions: new Map(partitions.map((p) => [p.partition, p])), at };
      }),
    };
  }

  async #wait(work: Promise<unknown>, deadline: number): Promise<void> {
    try {
      await within(this.#timers, deadline - this.#clock.now(), work);
    } catch (error) {
      if (isKafkaError(error) && error.code === 'DEADLINE_EXCEEDED' && !this.#connections.hasOpen) throw new KafkaError('NO_BROKER', {}, { cause: error });
      throw error;
    }
  }

  #keep(topic: TopicMetadata): void {
    this.#topics.delete(topic.name);
    this.#topics.set(topic.name, topic);
    if (this.#topics.size > MOST_TOPICS) for (const oldest of this.#topics.keys()) return void this.#topics.delete(oldest);
  }

  /** Names that are asked for in the same turn of the event loop share one request. */
  #join(topic: string): Promise<void> {
    let batch = this.#batch;
    if (batch === null) {
      const names = new Set<string>();
      batch = this.#batch = { names, answer: new Promise<void>((resolve) => setImmediate(resolve)).then(() => this.#send(names)) };
    }
    batch.names.add(topic);
    this.#pending.set(topic, batch.answer);
    return batch.answer;
  }

  async #send(names: ReadonlySet<string>): Promise<void> {
    const mine = this.#batch?.answer;
    this.#batch = null;
    try {
      const { topics } = await this.ask([...names], this.#clock.now() + this.#callMs);
      for (const topic of topics) this.#keep(topic);
      const named = new Set(topics.map(({ name }) => name));
      for (const name of names) if (!named.has(name)) this.#keep({ kind: 'failed', name, error: new KafkaError('UNKNOWN_TOPIC', { resource: name }), at: this.#clock.now() });
    } finally {
      for (const name of names) if (this.#pending.get(name) === mine) this.#pending.delete(name);
    }
  }
}
