import { listOffsetsV6, listOffsetsV7, listOffsetsV8, listOffsetsV9 } from '@platformatic/kafka';
import { fromBrokerCode } from '../../errors/from-broker-code.js';
import { KafkaError } from '../../errors/kafka-error.js';
import type { OffsetQuery } from '../../session/session.port.js';
import type { BrokerConnection } from '../broker.connection.js';
import { type Api, codec } from '../codecs.js';
import { type LeaderAnswer, type LeaderCallContext, askLeader } from '../leader.call.js';
import { leaderOf } from '../partition.leader.js';

type Args = Parameters<typeof listOffsetsV9.createRequest>;
type Answer = ReturnType<typeof listOffsetsV9.parseResponse>;

const LIST_OFFSETS: Api<Args, Answer> = {
  key: 2,
  name: 'ListOffsets',
  codecs: [codec(listOffsetsV9), codec(listOffsetsV8 as unknown as typeof listOffsetsV9), codec(listOffsetsV7 as unknown as typeof listOffsetsV9), codec(listOffsetsV6 as unknown as typeof listOffsetsV9)],
};

const READ_COMMITTED = 1;
const NO_REPLICA = -1;
const NO_EPOCH = -1;

export interface ListOffsetsContext extends LeaderCallContext {
  readonly connections: { toNode(purpose: 'work', nodeId: number, deadline: number): Promise<Pick<BrokerConnection, 'request'>> };
}

/**
 * One offset for each partition, for a committed reader: `latest` is where its next record will be.
 * @throws KafkaError of the first partition that has none
 */
export const listOffsets = async (context: ListOffsetsContext, topic: string, partitions: readonly number[], at: OffsetQuery, deadline: number): Promise<ReadonlyMap<number, bigint | null>> => {
  const wanted = [...new Set(partitions)];
  const shared = new SharedAnswers(context, topic, at, deadline);
  for (const partition of wanted) {
    const leader = await leaderOf(context.metadata, topic, partition, deadline);
    if (leader.kind === 'leader') shared.expect(leader.nodeId, partition);
  }
  const offsets = await Promise.all(wanted.map((partition) => askLeader(context, topic, partition, deadline, (nodeId) => shared.of(nodeId, partition))));
  return new Map(wanted.map((partition, i) => [partition, offsets[i] as bigint | null]));
};

/** The first try of all partitions of a leader is one request; each later try is its partition's own. */
class SharedAnswers {
  readonly #context: ListOffsetsContext;
  readonly #topic: string;
  readonly #timestamp: bigint;
  readonly #deadline: number;
  readonly #expected = new Map<number, Set<number>>();
  readonly #shared = new Map<number, Promise<ReadonlyMap<number, LeaderAnswer<bigint | null>>>>();

  constructor(context: ListOffsetsContext, topic: string, at: OffsetQuery, deadline: number) {
    this.#context = context;
    this.#topic = topic;
    this.#timestamp = toTimestamp(at);
    this.#deadline = deadline;
  }

  expect(nodeId: number, partition: number): void {
    this.#expected.set(nodeId, (this.#expected.get(nodeId) ?? new Set()).add(partition));
  }

  async of(nodeId: number, partition: number): Promise<LeaderAnswer<bigint | null>> {
    const expected = this.#expected.get(nodeId);
    let answers: Promise<ReadonlyMap<number, LeaderAnswer<bigint | null>>>;
    if (expected?.delete(partition) === true) {
      answers = this.#shared.get(nodeId) ?? this.#ask(nodeId, [partition, ...expected]);
      this.#shared.set(nodeId, answers);
    } else {
      answers = this.#ask(nodeId, [partition]);
    }
    return (await answers).get(partition) ?? { kind: 'failed', brokerCode: -1, error: new KafkaError('BROKER_OTHER', { resource: `${this.#topic}-${partition}` }) };
  }

  async #ask(nodeId: number, partitions: readonly number[]): Promise<ReadonlyMap<number, LeaderAnswer<bigint | null>>> {
    const connection = await this.#context.connections.toNode('work', nodeId, this.#deadline);
    const asked = partitions.map((partitionIndex) => ({ partitionIndex, currentLeaderEpoch: NO_EPOCH, timestamp: this.#timestamp }));
    const { topics } = await connection.request(LIST_OFFSETS, [NO_REPLICA, READ_COMMITTED, [{ name: this.#topic, partitions: asked }]], this.#deadline);
    return new Map(topics.flatMap(({ partitions }) => partitions.map((answer) => [answer.partitionIndex, judge(answer, `${this.#topic}-${answer.partitionIndex}`)] as const)));
  }
}

/** Kafka's own stand-ins for "now" ends of a log (ListOffsetsRequest). */
const toTimestamp = (at: OffsetQuery): bigint => (at === 'latest' ? -1n : at === 'earliest' ? -2n : BigInt(Math.max(0, Math.floor(at.timestamp))));

const judge = ({ errorCode, offset }: { readonly errorCode: number; readonly offset: bigint }, resource: string): LeaderAnswer<bigint | null> => {
  if (errorCode === 0) return { kind: 'done', value: offset < 0n ? null : offset };
  return { kind: 'failed', brokerCode: errorCode, error: new KafkaError(fromBrokerCode(errorCode, 'partition'), { resource, brokerCode: errorCode }) };
};
