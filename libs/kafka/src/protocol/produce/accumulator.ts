import { KafkaError, isKafkaError } from '../../errors/kafka-error.js';
import type { Clock } from '../../session/cluster-settings.js';
import type { ProduceRecord, RecordResult } from '../../session/session.port.js';
import { ConnectionFault } from '../../transports/transport.js';
import type { BrokerConnection } from '../broker.connection.js';
import type { Timers } from '../deadline.js';
import type { MetadataCache, TopicMetadata } from '../metadata.cache.js';
import type { ByteBudget } from './byte-budget.js';
import { type Batch, planFlushes } from './flush.plan.js';
import { PRODUCE, type WireTopic } from './produce.api.js';
import { judgePartition, storedResult } from './produce.answer.js';
import { ProduceCall } from './produce.call.js';
import { encodeRecordBatch } from './record-batch.codec.js';
import { recordBytes, routeRecord } from './record.route.js';
import { TopicQueues } from './topic.queues.js';

const RETRY_MS = 50;
const RETRY_MOST_MS = 1_000;
/** Routing this many records takes about a millisecond; then others get their turn (Must 14). */
const ROUTE_SLICE = 2_000;

/** The two things that the accumulator needs of the rest: a connection to a leader, and what is known of topics. */
export interface LeaderConnections {
  toNode(purpose: 'work', nodeId: number, deadline: number): Promise<Pick<BrokerConnection, 'request'>>;
}
export type TopicKnowledge = Pick<MetadataCache, 'peek' | 'isStale' | 'forget' | 'refreshInBackground' | 'lookup' | 'fresh'>;

export interface AccumulatorContext {
  readonly connections: LeaderConnections;
  readonly metadata: TopicKnowledge;
  readonly budget: ByteBudget;
  readonly clock: Clock;
  readonly timers: Timers;
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
  #scheduled = false;
  #lookingUp = false;
  #cancelWake: (() => void) | null = null;

  constructor(context: AccumulatorContext) {
    this.#context = context;
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
        for (const { all } of this.#topics.values()) for (const queue of all) queue.prune();
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
    this.#schedule();
  }

  #queuesOf(topic: string): TopicQueues {
    let queues = this.#topics.get(topic);
    if (queues === undefined) this.#topics.set(topic, (queues = new TopicQueues()));
    return queues;
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
    const { metadata, clock, timers } = this.#context;
    const plan = planFlushes(this.#topics, metadata, this.#busy, clock.now());
    for (const { topic, error } of plan.failures) this.#failWaiting(topic, error);
    for (const [leader, batches] of plan.flushes) void this.#flush(leader, batches);
    if (plan.lookups.size > 0 && !this.#lookingUp) void this.#lookUp(plan.lookups);
    this.#cancelWake?.();
    this.#cancelWake = plan.wakeAt === null ? null : timers.after(plan.wakeAt - clock.now(), () => this.#schedule());
  }

  async #lookUp(topics: ReadonlySet<string>): Promise<void> {
    const { metadata, clock } = this.#context;
    this.#lookingUp = true;
    try {
      await metadata.lookup(topics, clock.now() + RETRY_MOST_MS);
    } catch (error) {
      const failure = isKafkaError(error) ? error : new KafkaError('INTERNAL', {}, { cause: error });
      const canWait = failure.code === 'NO_BROKER' || failure.code === 'DEADLINE_EXCEEDED';
      for (const topic of topics) if (!canWait) this.#failWaiting(topic, failure);
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
    const { connections, clock } = this.#context;
    const entries = batches.flatMap(({ parts }) => parts.flatMap(({ entries }) => entries));
    const deadline = entries.reduce((latest, { call }) => Math.max(latest, call.deadline), 0);
    this.#busy.add(leader);
    this.#mark(batches, true);
    try {
      const connection = await connections.toNode('work', leader, deadline);
      const sentAt = clock.now();
      const topics = toWireTopics(batches, sentAt);
      for (const entry of entries) entry.sent = true;
      const answer = await connection.request(PRODUCE, [Math.max(1, deadline - sentAt), topics], deadline);
      this.#distribute(batches, answer.responses, sentAt);
    } catch (error) {
      this.#failed(batches, error);
    } finally {
      this.#busy.delete(leader);
      this.#mark(batches, false);
      this.#schedule();
    }
  }

  #mark(batches: readonly Batch[], inFlight: boolean): void {
    for (const { topic, partition } of batches) this.#queuesOf(topic).partition(partition).inFlight = inFlight;
  }

  /** By the names in the answer: a broker does not keep the order of the request. */
  #distribute(batches: readonly Batch[], topics: readonly { name: string; partitionResponses: readonly ({ index: number } & Parameters<typeof judgePartition>[0])[] }[], sentAt: number): void {
    const answers = new Map(topics.flatMap(({ name, partitionResponses }) => partitionResponses.map((answer) => [`${answer.index}/${name}`, answer] as const)));
    for (const batch of batches) {
      const answer = answers.get(`${batch.partition}/${batch.topic}`);
      const entries = batch.parts.flatMap((part) => part.entries);
      if (answer === undefined) {
        for (const { call, index } of entries) call.fail(index, new KafkaError('OUTCOME_UNKNOWN', { resource: batch.topic }));
        continue;
      }
      const verdict = judgePartition(answer, batch.topic, batch.partition, entries.length, Math.max(...entries.map(({ tries }) => tries)));
      switch (verdict.kind) {
        case 'stored':
          for (const [i, { call, index, record }] of entries.entries()) call.settle(index, storedResult(answer, batch.partition, i, record, sentAt));
          for (const { queue } of batch.parts) queue.relax();
          break;
        case 'failed':
          for (const { call, index } of entries) call.fail(index, verdict.error);
          break;
        case 'again':
          if (verdict.stale) this.#context.metadata.forget(batch.topic);
          this.#putBack(batch, verdict.error, true);
          break;
        case 'split':
          for (const { queue, entries } of batch.parts) queue.shrink(entries);
          this.#putBack(batch, null, false);
          break;
        case 'without':
          for (const [i, error] of verdict.bad) entries[i]?.call.fail(entries[i].index, error);
          this.#putBack(batch, null, false);
          break;
      }
    }
  }

  #failed(batches: readonly Batch[], error: unknown): void {
    const { metadata, defect } = this.#context;
    for (const batch of batches) {
      if ((error instanceof ConnectionFault && !error.written) || isWaitable(error)) {
        this.#putBack(batch, isKafkaError(error) ? error : new KafkaError('NO_BROKER', {}, { cause: error }), true);
        metadata.forget(batch.topic);
        continue;
      }
      const sent = !isKafkaError(error);
      if (sent && !(error instanceof ConnectionFault)) defect(error);
      // The leader may be another broker now; what was sent may have been written (Must 15).
      if (sent) metadata.forget(batch.topic);
      for (const { call, index, record } of batch.parts.flatMap(({ entries }) => entries)) {
        call.fail(index, isKafkaError(error) ? error : new KafkaError('OUTCOME_UNKNOWN', { resource: record.topic }, { cause: error }));
      }
    }
  }

  #putBack({ parts }: Batch, error: KafkaError | null, later: boolean): void {
    const { clock } = this.#context;
    for (const { queue, entries } of parts) {
      for (const entry of entries) {
        entry.sent = false;
        if (error !== null) entry.lastError = error;
        if (later) entry.tries++;
      }
      queue.putBack(entries.filter(({ call, index }) => call.isOpen(index)));
      const tries = entries[0]?.tries ?? 0;
      if (later) queue.notBefore = clock.now() + Math.min(RETRY_MOST_MS, RETRY_MS * 2 ** Math.min(tries - 1, 5));
    }
  }
}

const isWaitable = (error: unknown): boolean => isKafkaError(error) && (error.code === 'NO_BROKER' || error.code === 'DEADLINE_EXCEEDED');

const toWireTopics = (batches: readonly Batch[], now: number): WireTopic[] => {
  const topics = new Map<string, WireTopic>();
  for (const { topic, partition, parts } of batches) {
    let wire = topics.get(topic);
    if (wire === undefined) topics.set(topic, (wire = { name: topic, partitions: [] }));
    wire.partitions.push({ index: partition, batch: encodeRecordBatch(parts.flatMap(({ entries }) => entries.map(({ record }) => record)), now) });
  }
  return [...topics.values()];
};
