import { KafkaError, isKafkaError } from '../../errors/kafka-error.js';
import type { Clock } from '../../session/cluster-settings.js';
import type { ProduceRecord, RecordResult } from '../../session/session.port.js';
import { DEFAULT_PRODUCER, type ProducerSettings } from '../../session/producer.settings.js';
import { type Timers, pause } from '../deadline.js';
import type { MetadataCache, TopicMetadata } from '../metadata.cache.js';
import type { ByteBudget } from './byte-budget.js';
import type { Batch } from './batch.js';
import { planFlushes } from './flush.plan.js';
import { type LeaderConnections, LeaderFlush } from './leader.flush.js';
import { ProduceCall } from './produce.call.js';
import type { FetchIdentity } from './producer.identity.js';
import { recordBytes, routeRecord } from './record.route.js';
import { TopicQueues } from './topic.queues.js';

const RETRY_MOST_MS = 1_000;
/** Between two questions for leaders that nobody could answer. */
const LOOK_AGAIN_MS = 100;
/** Routing this many records takes about a millisecond; then others get their turn (Must 14). */
const ROUTE_SLICE = 2_000;

/** What is known of topics, as far as writing needs it. */
export type TopicKnowledge = Pick<MetadataCache, 'peek' | 'isStale' | 'forget' | 'refreshInBackground' | 'lookup' | 'fresh'>;

export interface AccumulatorContext {
  readonly connections: LeaderConnections;
  readonly metadata: TopicKnowledge;
  readonly budget: ByteBudget;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Absent: the defaults. */
  readonly producer?: ProducerSettings;
  /** Where an idempotent producer gets who it is. */
  readonly identity: FetchIdentity;
  /** A defect that a record's result alone would hide. */
  readonly defect: (error: unknown) => void;
}

/**
 * Collects the records of one session's concurrent calls, so that calls which wait together share requests (Must 10): a broker
 * serves one request a connection at a time, and without this a principal ends at a few thousand records a second.
 */
export class Accumulator {
  readonly #context: AccumulatorContext;
  readonly #topics = new Map<string, TopicQueues>();
  readonly #busy = new Set<number>();
  readonly #producer: ProducerSettings;
  readonly #sender: LeaderFlush;
  /** Bytes that came since the last look at what to send. */
  #gathered = 0;
  #cancelLinger: (() => void) | null = null;
  #scheduled = false;
  #lookingUp = false;
  #cancelWake: (() => void) | null = null;

  constructor(context: AccumulatorContext) {
    this.#context = context;
    this.#producer = context.producer ?? DEFAULT_PRODUCER;
    this.#sender = new LeaderFlush({ ...context, producer: this.#producer, queuesOf: (topic) => this.#queuesOf(topic) });
  }

  /** @throws KafkaError BUFFER_FULL, DEADLINE_EXCEEDED or NO_BROKER before anything was sent, and those of the token source */
  async produce(records: readonly ProduceRecord[], deadline: number): Promise<readonly RecordResult[]> {
    if (records.length === 0) return [];
    const { budget, clock, timers } = this.#context;
    const sizes = records.map(recordBytes);
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    if (!budget.tryTake(bytes)) throw new KafkaError('BUFFER_FULL', { retryAfterMs: 1_000 });
    try {
      const topics = await this.#learnTopics(records, deadline);
      const call = new ProduceCall(records.length, deadline);
      const cancel = timers.after(deadline - clock.now(), () => {
        call.expire();
        for (const queues of this.#topics.values()) {
          for (const queue of queues.all) queue.prune();
          this.#sender.prune(queues);
        }
      });
      try {
        for (let i = 0; i < records.length; i++) {
          if (i > 0 && i % ROUTE_SLICE === 0) await new Promise<void>((resolve) => setImmediate(resolve));
          this.#enqueue(call, i, records[i] as ProduceRecord, sizes[i] as number, topics);
        }
        return await call.results;
      } finally {
        cancel();
      }
    } finally {
      budget.give(bytes);
    }
  }

  /** What is known now of every topic of the call; held, since another call may make the cache forget meanwhile. */
  async #learnTopics(records: readonly ProduceRecord[], deadline: number): Promise<ReadonlyMap<string, TopicMetadata>> {
    const { metadata, clock } = this.#context;
    const topics = new Map<string, TopicMetadata>();
    const missing = new Set<string>();
    for (const { topic, partition } of records) {
      const known = topics.get(topic) ?? metadata.peek(topic);
      if (known === undefined) missing.add(topic);
      // A partition beyond what is known may be new: ask once before refusing it.
      else if (known.kind === 'known' && partition !== null && !known.partitions.has(partition) && clock.now() - known.at > RETRY_MOST_MS) {
        metadata.forget(topic);
        missing.add(topic);
      }
      if (known !== undefined && !missing.has(topic)) topics.set(topic, known);
    }
    if (missing.size === 0) return topics;
    await metadata.lookup(missing, deadline);
    for (const name of missing) topics.set(name, metadata.peek(name) ?? (await metadata.fresh(name, deadline)));
    return topics;
  }

  #enqueue(call: ProduceCall, index: number, record: ProduceRecord, bytes: number, topics: ReadonlyMap<string, TopicMetadata>): void {
    const topic = topics.get(record.topic);
    if (topic === undefined) return call.fail(index, new KafkaError('INTERNAL', { resource: record.topic }));
    const route = routeRecord(record, topic);
    if (route.kind === 'refused') return call.fail(index, route.error);
    const queues = this.#queuesOf(record.topic);
    (route.kind === 'keyless' ? queues.keyless : queues.partition(route.partition)).push(call.entry(index, record, bytes));
    this.#gathered += bytes;
    if (this.#producer.lingerMs === 0 || this.#gathered >= this.#producer.batchBytes) this.#schedule();
    else this.#linger();
  }

  #queuesOf(topic: string): TopicQueues {
    let queues = this.#topics.get(topic);
    if (queues === undefined) this.#topics.set(topic, (queues = new TopicQueues(this.#producer.batchBytes)));
    return queues;
  }

  /** A first record waits for others a little, by setting. */
  #linger(): void {
    if (this.#scheduled) return;
    this.#cancelLinger ??= this.#context.timers.after(this.#producer.lingerMs, () => this.#schedule());
  }

  /** One turn of the event loop later: whatever calls arrive until then share the flush. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    this.#gathered = 0;
    this.#cancelLinger?.();
    this.#cancelLinger = null;
    const { metadata, clock, timers } = this.#context;
    const plan = planFlushes(this.#topics, metadata, this.#busy, clock.now());
    for (const { topic, error } of plan.failures) {
      this.#sender.giveUp(topic);
      this.#failWaiting(topic, error);
    }
    for (const [leader, batches] of plan.flushes) void this.#flush(leader, batches);
    if (plan.lookups.size > 0 && !this.#lookingUp) void this.#lookUp(plan.lookups);
    this.#cancelWake?.();
    this.#cancelWake = plan.wakeAt === null ? null : timers.after(plan.wakeAt - clock.now(), () => this.#schedule());
  }

  async #lookUp(topics: ReadonlySet<string>): Promise<void> {
    const { metadata, clock, timers } = this.#context;
    this.#lookingUp = true;
    try {
      await metadata.lookup(topics, clock.now() + RETRY_MOST_MS);
    } catch (error) {
      const failure = isKafkaError(error) ? error : new KafkaError('INTERNAL', {}, { cause: error });
      const canWait = failure.code === 'NO_BROKER' || failure.code === 'DEADLINE_EXCEEDED';
      if (!canWait) for (const topic of topics) this.#failWaiting(topic, failure);
      // What may have been written waits on, for the next token, broker or connection; a session that was ended is told no at once, every time.
      await pause(timers, LOOK_AGAIN_MS);
    } finally {
      this.#lookingUp = false;
      this.#schedule();
    }
  }

  #failWaiting(topic: string, error: KafkaError): void {
    for (const queue of this.#queuesOf(topic).all) {
      if (queue.inFlight) continue;
      while (!queue.isEmpty) for (const entry of queue.take(Infinity, Infinity)) entry.call.fail(entry.index, error);
    }
  }

  async #flush(leader: number, batches: readonly Batch[]): Promise<void> {
    this.#busy.add(leader);
    this.#mark(batches, true);
    await this.#sender.send(leader, batches);
    this.#busy.delete(leader);
    this.#mark(batches, false);
    this.#schedule();
  }

  #mark(batches: readonly Batch[], inFlight: boolean): void {
    for (const { topic, partition } of batches) this.#queuesOf(topic).partition(partition).inFlight = inFlight;
  }
}
