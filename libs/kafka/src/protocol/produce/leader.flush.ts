import { KafkaError, isKafkaError } from '../../errors/kafka-error.js';
import type { Clock } from '../../session/cluster-settings.js';
import type { ProducerSettings } from '../../session/producer.settings.js';
import { ConnectionFault } from '../../transports/transport.js';
import { type BrokerConnection, THROTTLE_PATIENCE_MS } from '../broker.connection.js';
import type { MetadataCache } from '../metadata.cache.js';
import type { Batch, PinnedBatch } from './batch.js';
import { IdempotentBatches } from './idempotent.batches.js';
import { judgePartition, type PartitionAnswer, storedResult, type Verdict } from './produce.answer.js';
import { ACKS, PRODUCE, type WireTopic } from './produce.api.js';
import type { Entry } from './produce.call.js';
import type { FetchIdentity } from './producer.identity.js';
import { compressBatch, encodeRecordBatch } from './record-batch.codec.js';
import type { TopicQueues } from './topic.queues.js';

const RETRY_MS = 50;
const RETRY_MOST_MS = 1_000;
/** What may be sent again is not waited for until the end: the leader may have moved. */
const IDEMPOTENT_TRY_MS = 3_000;

/** A connection to a leader, as far as writing needs it. */
export interface LeaderConnections {
  toNode(purpose: 'work', nodeId: number, deadline: number): Promise<Pick<BrokerConnection, 'request' | 'quiet'>>;
}

export interface LeaderFlushContext {
  readonly connections: LeaderConnections;
  readonly metadata: Pick<MetadataCache, 'forget'>;
  readonly clock: Clock;
  readonly producer: ProducerSettings;
  readonly identity: FetchIdentity;
  readonly defect: (error: unknown) => void;
  readonly queuesOf: (topic: string) => TopicQueues;
}

/** A batch on its way: `stamp` null where it must not be sent twice. */
export interface SentBatch extends Batch {
  readonly encoded: Buffer;
  readonly stamp: ReturnType<IdempotentBatches['stampFor']>;
  /** The time of records that bring none, epoch ms. */
  readonly packedAt: number;
}

/** Sends one request to one leader, and settles, puts back or pins each of its batches by what became of it (Must 15). */
export class LeaderFlush {
  readonly #context: LeaderFlushContext;
  readonly #idempotent: IdempotentBatches;

  constructor(context: LeaderFlushContext) {
    this.#context = context;
    this.#idempotent = new IdempotentBatches(context);
  }

  /** Never rejects. */
  async send(leader: number, batches: readonly Batch[]): Promise<void> {
    const { connections, clock, producer } = this.#context;
    const deadline = entriesOf(batches).reduce((latest, { call }) => Math.max(latest, call.deadline), 0);
    let waiting = batches;
    let sent: readonly SentBatch[] = [];
    try {
      const connection = await connections.toNode('work', leader, deadline);
      await connection.quiet(deadline, THROTTLE_PATIENCE_MS);
      const identity = await this.#idempotent.identity(deadline);
      // Without numbers the broker would not know them again.
      if (identity === null) for (const { call, index } of entriesOf(batches).filter(isDoubtful)) call.fail(index, new KafkaError('OUTCOME_UNKNOWN'));
      waiting = batches.flatMap(stillWaitedFor);
      if (waiting.length === 0) return;
      // Before anything is awaited again: a call that ends from here on may have been written.
      for (const entry of entriesOf(waiting)) entry.sent = true;
      const sentAt = clock.now();
      sent = await Promise.all(waiting.map((batch) => this.#encode(batch, sentAt, identity)));
      const until = identity === null ? deadline : Math.min(deadline, sentAt + IDEMPOTENT_TRY_MS);
      const answer = await connection.request(PRODUCE, [Math.max(1, until - sentAt), toWireTopics(sent), ACKS[producer.acks]], until);
      if (producer.acks === 0) this.#unacknowledged(sent);
      else this.#distribute(sent, answer.responses);
    } catch (error) {
      this.#failed(waiting, sent, error);
    }
  }

  /** Drops what nobody waits for any more; called when a call's time is up. */
  prune(queues: TopicQueues): void {
    this.#idempotent.prune(queues);
  }

  /** The topic is gone or forbidden by now: what may have been written there cannot be found out any more. */
  giveUp(topic: string): void {
    for (const pinned of this.#context.queuesOf(topic).pinned.values()) if (!this.#context.queuesOf(topic).partition(pinned.partition).inFlight) this.#idempotent.giveUp(pinned);
  }

  async #encode(batch: Batch, sentAt: number, identity: Awaited<ReturnType<IdempotentBatches['identity']>>): Promise<SentBatch> {
    if (batch.pinned !== undefined) return ofPinned(batch, batch.pinned);
    const stamp = identity === null ? null : this.#idempotent.stampFor(batch, identity);
    const records = batch.parts.flatMap(({ entries }) => entries.map(({ record }) => record));
    return { ...batch, stamp, packedAt: sentAt, encoded: await compressBatch(encodeRecordBatch(records, sentAt, stamp ?? undefined), this.#context.producer.compression) };
  }

  /** Acks 0, a choice of the site: nobody will ever know more. */
  #unacknowledged(batches: readonly SentBatch[]): void {
    for (const { partition, parts, packedAt } of batches) {
      for (const { call, index, record } of parts.flatMap(({ entries }) => entries)) call.settle(index, { kind: 'stored', partition, offset: -1n, timestamp: record.timestamp ?? packedAt });
    }
  }

  /** By the names in the answer: a broker does not keep the order of the request. */
  #distribute(batches: readonly SentBatch[], topics: readonly { name: string; partitionResponses: readonly ({ index: number } & PartitionAnswer)[] }[]): void {
    const answers = new Map(topics.flatMap(({ name, partitionResponses }) => partitionResponses.map((answer) => [`${answer.index}/${name}`, answer] as const)));
    for (const batch of batches) {
      const answer = answers.get(`${batch.partition}/${batch.topic}`);
      if (answer === undefined) {
        this.#unknown(batch, new KafkaError('OUTCOME_UNKNOWN', { resource: batch.topic }));
        continue;
      }
      const entries = entriesOf([batch]);
      const verdict = judgePartition(answer, batch.topic, batch.partition, entries.length, Math.max(...entries.map(({ tries }) => tries)));
      if (verdict.kind === 'stored') {
        for (const [i, { call, index, record }] of entries.entries()) call.settle(index, storedResult(answer, batch.partition, i, record, batch.packedAt));
        for (const { queue } of batch.parts) queue.relax();
        // In its turn by its number: the batch that it was part of had not been written.
        for (const { doubt } of entries) if (doubt !== null) doubt.isOpen = false;
        this.#idempotent.stored(batch, entries.length);
      } else if (batch.pinned === undefined) this.#refused(batch, verdict);
      else if (verdict.kind === 'again' || isUnknown(verdict) || isPassing(verdict)) this.#unknown(batch, new KafkaError('OUTCOME_UNKNOWN', { resource: batch.topic }));
      else if (verdict.kind === 'split') this.#inPieces(batch);
      else this.#idempotent.giveUp(batch);
    }
  }

  /**
   * Too large for the broker now, which tells nothing of its first try. Smaller pieces go on with the same numbers, in the same
   * partition: had it been written after all, the broker would call them out of order instead of writing them again.
   */
  #inPieces(batch: SentBatch): void {
    const queue = this.#context.queuesOf(batch.topic).partition(batch.partition);
    const entries = entriesOf([batch]);
    const doubt = { isOpen: true };
    for (const entry of entries) entry.doubt = doubt;
    this.#idempotent.unpin(batch);
    queue.shrink(entries);
    this.#putBack({ ...batch, parts: [{ queue, entries }] }, null, false);
  }

  /** At its first try: but for an outcome that is not known, nothing of it was written. */
  #refused(batch: SentBatch, verdict: Exclude<Verdict, { kind: 'stored' }>): void {
    switch (verdict.kind) {
      case 'failed':
        if (isUnknown(verdict)) this.#unknown(batch, verdict.error);
        else failAll(batch, verdict.error);
        break;
      case 'unidentified':
        if (batch.stamp === null) return failAll(batch, verdict.error);
        if (entriesOf([batch]).some(isDoubtful)) return this.#idempotent.giveUp(batch);
        this.#idempotent.unidentified(batch, verdict.forbidden);
        this.#putBack(batch, verdict.error, true);
        break;
      case 'again':
        if (verdict.stale) this.#context.metadata.forget(batch.topic);
        this.#putBack(batch, verdict.error, true);
        break;
      case 'split':
        for (const { queue, entries } of batch.parts) queue.shrink(entries);
        this.#putBack(batch, null, false);
        break;
      case 'without': {
        const entries = entriesOf([batch]);
        for (const [i, error] of verdict.bad) entries[i]?.call.fail(entries[i].index, error);
        this.#putBack(batch, null, false);
        break;
      }
    }
  }

  #failed(batches: readonly Batch[], sent: readonly SentBatch[], error: unknown): void {
    const unwritten = (error instanceof ConnectionFault && !error.written) || isWaitable(error);
    if (!unwritten && !isKafkaError(error) && !(error instanceof ConnectionFault)) this.#context.defect(error);
    for (const [i, batch] of batches.entries()) {
      // The leader may be another broker now.
      if (unwritten || !isKafkaError(error)) this.#context.metadata.forget(batch.topic);
      if (!unwritten && !isKafkaError(error)) this.#unknown(sent[i] ?? { ...batch, encoded: Buffer.alloc(0), stamp: null, packedAt: 0 }, new KafkaError('OUTCOME_UNKNOWN', { resource: batch.topic }, { cause: error }));
      else if (batch.pinned !== undefined) this.#idempotent.pin(ofPinned(batch, batch.pinned), this.#pauseAfter(batch.pinned.tries + 1));
      else if (unwritten) this.#putBack(batch, isKafkaError(error) ? error : new KafkaError('NO_BROKER', {}, { cause: error }), true);
      else if (isKafkaError(error)) failAll(batch, error);
    }
  }

  /** It may have been written: sent again just as it was where the broker can tell, else that is the answer. */
  #unknown(batch: SentBatch, error: KafkaError): void {
    if (batch.stamp === null) failAll(batch, error);
    else {
      this.#context.metadata.forget(batch.topic);
      this.#idempotent.pin(batch, this.#pauseAfter((batch.pinned?.tries ?? 0) + 1));
    }
  }

  #putBack({ parts }: Batch, error: KafkaError | null, later: boolean): void {
    for (const { queue, entries } of parts) {
      for (const entry of entries) {
        entry.sent = false;
        if (error !== null) entry.lastError = error;
        if (later) entry.tries++;
      }
      queue.putBack(entries.filter(({ call, index }) => call.isOpen(index)));
      if (later) queue.notBefore = this.#pauseAfter(entries[0]?.tries ?? 0);
    }
  }

  #pauseAfter(tries: number): number {
    return this.#context.clock.now() + Math.min(RETRY_MOST_MS, RETRY_MS * 2 ** Math.min(Math.max(0, tries - 1), 5));
  }
}

const ofPinned = (batch: Batch, { encoded, stamp, packedAt }: PinnedBatch): SentBatch => ({ ...batch, encoded, stamp, packedAt });

const entriesOf = (batches: readonly Batch[]): Entry[] => batches.flatMap(({ parts }) => parts.flatMap(({ entries }) => entries));

/** Without the records whose time ran out while the leader was connected: their callers know them as unwritten (Must 15). */
const stillWaitedFor = (batch: Batch): Batch[] => {
  if (batch.pinned !== undefined) return [batch];
  const parts = batch.parts.flatMap(({ queue, entries }) => {
    const open = entries.filter(({ call, index }) => call.isOpen(index));
    return open.length === 0 ? [] : [{ queue, entries: open }];
  });
  return parts.length === 0 ? [] : [{ ...batch, parts }];
};

const isDoubtful = ({ doubt }: Entry): boolean => doubt?.isOpen === true;

const failAll = ({ parts }: Batch, error: KafkaError): void => {
  for (const { call, index } of parts.flatMap(({ entries }) => entries)) call.fail(index, error);
};

/** A broker that has just come back knows no topic yet, or not its disk: nothing of that tells of the first try. Whether the topic is gone, metadata says. */
const isPassing = (verdict: Verdict): boolean => verdict.kind === 'failed' && ['BROKER_RETRIABLE', 'UNKNOWN_TOPIC', 'UNKNOWN_PARTITION'].includes(verdict.error.code);

const isUnknown = (verdict: Verdict): boolean => verdict.kind === 'failed' && verdict.error.code === 'OUTCOME_UNKNOWN';

const isWaitable = (error: unknown): boolean => isKafkaError(error) && ['NO_BROKER', 'DEADLINE_EXCEEDED', 'BROKER_RETRIABLE'].includes(error.code);

const toWireTopics = (batches: readonly SentBatch[]): WireTopic[] =>
  [...Map.groupBy(batches, ({ topic }) => topic)].map(([name, own]) => ({ name, partitions: own.map(({ partition, encoded }) => ({ index: partition, batch: encoded })) }));
