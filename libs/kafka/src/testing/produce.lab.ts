import { KafkaError } from '../errors/kafka-error.js';
import type { ProduceRecord, RecordResult } from '../session/session.port.js';
import { DEFAULT_PRODUCER, type ProducerSettings } from '../session/producer.settings.js';
import type { TopicMetadata } from '../protocol/metadata.cache.js';
import { Accumulator, type TopicKnowledge } from '../protocol/produce/accumulator.js';
import { ByteBudget } from '../protocol/produce/byte-budget.js';
import type { LeaderConnections } from '../protocol/produce/leader.flush.js';
import type { PartitionAnswer } from '../protocol/produce/produce.answer.js';
import type { WireTopic } from '../protocol/produce/produce.api.js';
import type { ProducerIdentity } from '../protocol/produce/producer.identity.js';
import { ManualTime } from './manual-time.js';

/** One request that a broker got. */
export interface Sent {
  readonly leader: number;
  /** `topic-partition` → number of records. */
  readonly batches: Readonly<Record<string, number>>;
  /** `topic-partition` → the bytes. */
  readonly bytes: Readonly<Record<string, Buffer>>;
  answer(codes?: Readonly<Record<string, number>>): void;
  fail(error: Error): void;
}

/** Brokers that answer when a spec says so; partition n of every topic is led by `leaders[n]`. */
export class ProduceLab {
  readonly time = new ManualTime();
  readonly sent: Sent[] = [];
  readonly asked: string[] = [];
  readonly known = new Map<string, TopicMetadata>();
  refuseConnect: Error | null = null;
  refuseLookup: KafkaError | null = null;
  /** What a connection and an identity wait for. */
  slowConnect: Promise<void> | null = null;
  slowIdentity: Promise<void> | null = null;
  next = 0n;
  readonly accumulator: Accumulator;

  /** What asking for a producer identity gives, in order; the last one for ever. */
  readonly identities: (ProducerIdentity | KafkaError)[] = [];
  asksForIdentity = 0;

  constructor(leaders: readonly number[], producer: Partial<ProducerSettings> = {}) {
    const topic = (name: string): TopicMetadata => ({
      kind: 'known',
      name,
      internal: false,
      at: this.time.now(),
      partitions: new Map(leaders.map((leader, partition) => [partition, { partition, leader, replicas: [leader], inSync: [leader] }])),
    });
    const metadata: TopicKnowledge = {
      peek: (name) => this.known.get(name),
      isStale: () => false,
      forget: (name) => void this.known.delete(name),
      refreshInBackground: () => undefined,
      lookup: async (names) => {
        for (const name of names) {
          this.asked.push(name);
          if (this.refuseLookup !== null) throw this.refuseLookup;
          this.known.set(name, topic(name));
        }
      },
      fresh: async (name) => topic(name),
    };
    const connections: LeaderConnections = {
      toNode: async (_purpose, leader) => {
        await this.slowConnect;
        if (this.refuseConnect !== null) throw this.refuseConnect;
        return { quiet: async () => undefined, request: (_api, args) => this.#send(leader, args[1] as readonly WireTopic[]) as Promise<never> };
      },
    };
    this.accumulator = new Accumulator({ connections, metadata, budget: new ByteBudget(10_000_000), clock: this.time, timers: this.time, producer: { ...DEFAULT_PRODUCER, ...producer }, identity: () => this.#identify(), defect: () => undefined });
  }

  produce(records: readonly Partial<ProduceRecord>[], ms = 10_000): Promise<readonly RecordResult[]> {
    return this.accumulator.produce(records.map((record) => ({ topic: 't', partition: null, key: null, value: Buffer.from('v'), ...record })), this.time.now() + ms);
  }

  async #identify(): Promise<ProducerIdentity> {
    await this.slowIdentity;
    const next = this.identities[Math.min(this.asksForIdentity++, this.identities.length - 1)];
    if (next === undefined) throw new Error('no identity was expected to be asked for');
    if (next instanceof KafkaError) throw next;
    return next;
  }

  #send(leader: number, topics: readonly WireTopic[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const flat = topics.flatMap(({ name, partitions }) => partitions.map(({ index, batch }) => ({ name, index, batch, count: batch.readInt32BE(57) })));
      this.sent.push({
        leader,
        batches: Object.fromEntries(flat.map(({ name, index, count }) => [`${name}-${index}`, count])),
        bytes: Object.fromEntries(flat.map(({ name, index, batch }) => [`${name}-${index}`, batch])),
        answer: (codes = {}) => {
          const partitionAnswer = (name: string, index: number): PartitionAnswer & { index: number } => {
            const errorCode = codes[`${name}-${index}`] ?? 0;
            const at = this.next++ * 1_000n;
            return { index, errorCode, baseOffset: errorCode === 0 ? at : -1n, logAppendTimeMs: -1n, errorMessage: null, recordErrors: [] };
          };
          resolve({ responses: flat.toReversed().map(({ name, index }) => ({ name, partitionResponses: [partitionAnswer(name, index)] })) });
        },
        fail: reject,
      });
    });
  }
}

export const codes = (results: readonly RecordResult[]): string[] => results.map((result) => (result.kind === 'stored' ? 'stored' : result.error.code));
