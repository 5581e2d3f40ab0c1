import { KafkaError } from '../../errors/kafka-error.js';
import type { Clock } from '../../session/cluster-settings.js';
import type { ProducerSettings } from '../../session/producer.settings.js';
import type { Batch, PinnedBatch } from './batch.js';
import { PartitionSequences, type Stamp } from './partition.sequences.js';
import { type FetchIdentity, ProducerIdentities, type ProducerIdentity } from './producer.identity.js';
import type { TopicQueues } from './topic.queues.js';

export interface IdempotentBatchesContext {
  readonly clock: Clock;
  readonly producer: Pick<ProducerSettings, 'idempotence'>;
  readonly identity: FetchIdentity;
  readonly queuesOf: (topic: string) => TopicQueues;
}

type Stamped = Batch & { readonly encoded: Buffer; readonly stamp: Stamp | null; readonly packedAt: number };

/**
 * What may be sent twice because the broker knows it again (KIP-98). One batch of a partition is on its way at a time; one whose
 * outcome is not known is pinned: its very bytes go again before anything else of the partition, until the broker says what became
 * of them or nobody waits any more. Then the partition begins anew with another identity.
 */
export class IdempotentBatches {
  readonly #context: IdempotentBatchesContext;
  readonly #identities: ProducerIdentities;
  readonly #sequences = new PartitionSequences();

  constructor(context: IdempotentBatchesContext) {
    this.#context = context;
    this.#identities = new ProducerIdentities(context.identity, context.clock);
  }

  /** null: without idempotence, by setting or because Kafka does not let this principal. @throws KafkaError of the connection */
  async identity(deadline: number): Promise<ProducerIdentity | null> {
    return this.#context.producer.idempotence ? this.#identities.current(deadline) : null;
  }

  stampFor({ topic, partition }: Batch, identity: ProducerIdentity): Stamp | null {
    return this.#sequences.stamp(topic, partition, identity);
  }

  stored({ topic, partition, stamp, pinned }: Stamped, count: number): void {
    if (stamp !== null) this.#sequences.stored(topic, partition, stamp, count);
    if (pinned !== undefined) this.unpin({ topic, partition });
  }

  /** Its numbers stay the next ones of the partition. */
  unpin({ topic, partition }: Pick<Batch, 'topic' | 'partition'>): void {
    this.#context.queuesOf(topic).pinned.delete(partition);
  }

  /** The identity or the sequence was refused, nothing was written. */
  unidentified({ topic, partition }: Batch, forbidden: boolean): void {
    this.#sequences.forget(topic, partition);
    if (forbidden) this.#identities.refuse();
    else this.#identities.renew();
  }

  pin(batch: Stamped, notBefore: number): void {
    const { topic, partition, parts, encoded, stamp, packedAt } = batch;
    if (stamp === null) return;
    const pinned: PinnedBatch = { topic, partition, parts, encoded, stamp, packedAt, tries: (batch.pinned?.tries ?? 0) + 1, notBefore };
    if (isWaitedFor(pinned)) this.#context.queuesOf(topic).pinned.set(partition, pinned);
    else this.giveUp(pinned);
  }

  /** Nobody will know: its records are answered so, and the numbers behind it cannot be trusted. */
  giveUp({ topic, partition, parts }: Batch): void {
    this.unpin({ topic, partition });
    this.unidentified({ topic, partition, parts }, false);
    for (const { call, index, record } of parts.flatMap(({ entries }) => entries)) call.fail(index, new KafkaError('OUTCOME_UNKNOWN', { resource: record.topic }));
  }

  prune(queues: TopicQueues): void {
    for (const pinned of queues.pinned.values()) if (!queues.partition(pinned.partition).inFlight && !isWaitedFor(pinned)) this.giveUp(pinned);
  }
}

const isWaitedFor = ({ parts }: Batch): boolean => parts.some(({ entries }) => entries.some(({ call, index }) => call.isOpen(index)));
