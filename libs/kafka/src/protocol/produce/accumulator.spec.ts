import { describe, expect, it } from 'vitest';
import { KafkaError } from '../../errors/kafka-error.js';
import type { ProduceRecord, RecordResult } from '../../session/session.port.js';
import { ManualTime, settle } from '../../testing/manual-time.js';
import { ConnectionFault } from '../../transports/transport.js';
import type { TopicMetadata } from '../metadata.cache.js';
import { Accumulator, type LeaderConnections, type TopicKnowledge } from './accumulator.js';
import { ByteBudget } from './byte-budget.js';
import type { PartitionAnswer } from './produce.answer.js';
import type { WireTopic } from './produce.api.js';

interface Sent {
  readonly leader: number;
  /** `topic-partition` → number of records. */
  readonly batches: Readonly<Record<string, number>>;
  answer(codes?: Readonly<Record<string, number>>): void;
  fail(error: Error): void;
}

/** Brokers that answer when a spec says so; partition n of every topic is led by `leaders[n]`. */
class Lab {
  readonly time = new ManualTime();
  readonly sent: Sent[] = [];
  readonly asked: string[] = [];
  readonly known = new Map<string, TopicMetadata>();
  refuseConnect: Error | null = null;
  next = 0n;
  readonly accumulator: Accumulator;

  constructor(leaders: readonly number[]) {
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
          this.known.set(name, topic(name));
        }
      },
      fresh: async (name) => topic(name),
    };
    const connections: LeaderConnections = {
      toNode: async (_purpose, leader) => {
        if (this.refuseConnect !== null) throw this.refuseConnect;
        return { request: (_api, args) => this.#send(leader, args[1] as readonly WireTopic[]) as Promise<never> };
      },
    };
    this.accumulator = new Accumulator({ connections, metadata, budget: new ByteBudget(10_000_000), clock: this.time, timers: this.time, defect: () => undefined });
  }

  produce(records: readonly Partial<ProduceRecord>[], ms = 10_000): Promise<readonly RecordResult[]> {
    return this.accumulator.produce(records.map((record) => ({ topic: 't', partition: null, key: null, value: Buffer.from('v'), ...record })), this.time.now() + ms);
  }

  #send(leader: number, topics: readonly WireTopic[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const flat = topics.flatMap(({ name, partitions }) => partitions.map(({ index, batch }) => ({ name, index, count: batch.readInt32BE(57) })));
      this.sent.push({
        leader,
        batches: Object.fromEntries(flat.map(({ name, index, count }) => [`${name}-${index}`, count])),
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

const codes = (results: readonly RecordResult[]): string[] => results.map((result) => (result.kind === 'stored' ? 'stored' : result.error.code));

describe('the accumulator', () => {
  it('sends calls that wait together in one request, and collects while one is on its way', async () => {
    const lab = new Lab([1]);
    const first = [lab.produce([{}]), lab.produce([{}, {}])];
    await settle();
    const second = [lab.produce([{}]), lab.produce([{}])];
    await settle();
    expect(lab.sent.map(({ batches }) => batches)).toEqual([{ 't-0': 3 }]);
    lab.sent[0]?.answer();
    await settle();
    expect(lab.sent.map(({ batches }) => batches)).toEqual([{ 't-0': 3 }, { 't-0': 2 }]);
    lab.sent[1]?.answer();
    expect((await Promise.all([...first, ...second])).flatMap(codes)).toEqual(['stored', 'stored', 'stored', 'stored', 'stored']);
  });

  it('routes each partition to its leader, and a slow broker holds up no other', async () => {
    const lab = new Lab([1, 2, 1]);
    const slow = lab.produce([{ partition: 0 }, { partition: 2 }]);
    const quick = lab.produce([{ partition: 1 }]);
    await settle();
    expect(lab.sent.map(({ leader, batches }) => [leader, batches] as const).sort(([a], [b]) => a - b)).toEqual([
      [1, { 't-0': 1, 't-2': 1 }],
      [2, { 't-1': 1 }],
    ]);
    lab.sent.find(({ leader }) => leader === 2)?.answer();
    expect(codes(await quick)).toEqual(['stored']);
    const more = lab.produce([{ partition: 1 }]);
    await settle();
    lab.sent[2]?.answer();
    expect(codes(await more)).toEqual(['stored']);
    lab.sent.find(({ leader }) => leader === 1)?.answer();
    expect(codes(await slow)).toEqual(['stored', 'stored']);
  });

  it('gives keyless records to a broker that is free', async () => {
    const lab = new Lab([1, 2]);
    void lab.produce([{ partition: 0 }]);
    await settle();
    void lab.produce([{}, {}]);
    await settle();
    expect(lab.sent.map(({ leader, batches }) => [leader, batches])).toEqual([
      [1, { 't-0': 1 }],
      [2, { 't-1': 2 }],
    ]);
  });

  it('asks again where certainly nothing was written, in the same order', async () => {
    const lab = new Lab([1]);
    const result = lab.produce([{ partition: 0 }, { partition: 0 }]);
    await settle();
    lab.sent[0]?.answer({ 't-0': 6 });
    await settle();
    const later = lab.produce([{ partition: 0 }]);
    await lab.time.pass(60);
    expect(lab.sent.map(({ batches }) => batches)).toEqual([{ 't-0': 2 }, { 't-0': 3 }]);
    expect(lab.asked).toEqual(['t', 't']);
    lab.sent[1]?.answer();
    expect((await Promise.all([result, later])).flat().map((r) => (r.kind === 'stored' ? r.offset % 1_000n : -1n))).toEqual([0n, 1n, 2n]);
  });

  it.each([
    ['lost after sending', new ConnectionFault('lost', true), ['OUTCOME_UNKNOWN']],
    ['answered by nobody', new ConnectionFault('no-answer', true), ['OUTCOME_UNKNOWN']],
    ['refused by the version check', new KafkaError('UNSUPPORTED_VERSION'), ['UNSUPPORTED_VERSION']],
  ])('never sends again what was %s', async (_case, error, expected) => {
    const lab = new Lab([1]);
    const result = lab.produce([{}]);
    await settle();
    lab.sent[0]?.fail(error);
    expect(codes(await result)).toEqual(expected);
    await lab.time.pass(5_000);
    expect(lab.sent).toHaveLength(1);
  });

  it('tries again when the connection was lost before the first byte', async () => {
    const lab = new Lab([1]);
    const result = lab.produce([{}]);
    await settle();
    lab.sent[0]?.fail(new ConnectionFault('lost', false));
    await lab.time.pass(100);
    lab.sent[1]?.answer();
    expect(codes(await result)).toEqual(['stored']);
  });

  it('says at the deadline what was sent (unknown) and what never was', async () => {
    const lab = new Lab([1, 2]);
    const sent = lab.produce([{ partition: 0 }], 500);
    await settle();
    const waiting = lab.produce([{ partition: 0 }], 500);
    await lab.time.pass(600);
    expect([codes(await sent), codes(await waiting)]).toEqual([['OUTCOME_UNKNOWN'], ['DEADLINE_EXCEEDED']]);
    lab.sent[0]?.answer();
    await settle();
    expect(lab.sent).toHaveLength(1);
  });

  it('says why when no broker could be reached until the deadline', async () => {
    const lab = new Lab([1]);
    lab.refuseConnect = new ConnectionFault('unreachable', false);
    const result = lab.produce([{}], 2_000);
    await lab.time.pass(2_100);
    expect(codes(await result)).toEqual(['NO_BROKER']);
  });

  it('throws for the whole call what concerns the whole call', async () => {
    const lab = new Lab([1]);
    lab.refuseConnect = new KafkaError('CALLER_TOKEN_REFUSED');
    await expect(lab.produce([{}, {}])).rejects.toMatchObject({ code: 'CALLER_TOKEN_REFUSED' });
  });

  it('splits what was refused as too large, down to the one that is', async () => {
    const lab = new Lab([1]);
    const result = lab.produce(Array.from({ length: 4 }, () => ({ partition: 0 })));
    await settle();
    for (let i = 0; i < lab.sent.length && i < 20; i++) {
      const count = lab.sent[i]?.batches['t-0'] ?? 0;
      lab.sent[i]?.answer(count > 2 ? { 't-0': 10 } : {});
      await settle();
    }
    expect(codes(await result)).toEqual(['stored', 'stored', 'stored', 'stored']);
    expect(lab.sent.map(({ batches }) => batches['t-0'])).toEqual([4, 2, 2]);
  });

  it('fails only the partitions that the broker failed, by their names', async () => {
    const lab = new Lab([1, 1, 1]);
    const result = lab.produce([{ partition: 0 }, { partition: 1 }, { partition: 2 }, { partition: 7 }]);
    await settle();
    lab.sent[0]?.answer({ 't-1': 29 });
    expect(codes(await result)).toEqual(['stored', 'TOPIC_AUTHORIZATION_FAILED', 'stored', 'UNKNOWN_PARTITION']);
  });
});
