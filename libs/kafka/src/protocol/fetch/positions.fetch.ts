import { fromBrokerCode, isStaleMetadata } from '../../errors/from-broker-code.js';
import { KafkaError, isKafkaError } from '../../errors/kafka-error.js';
import { ConnectionFault } from '../../transports/transport.js';
import type { LeaderCallContext } from '../leader.call.js';
import { partitionKey } from '../groups/group-offsets.js';
import { leaderOf } from '../partition.leader.js';
import { FETCH, type FetchAnswer, type FetchPosition } from './fetch.api.js';
import type { FetchLanes } from './fetch.lanes.js';

export interface PositionsFetchContext extends LeaderCallContext {
  readonly lanes: Pick<FetchLanes, 'on'>;
}

export interface PositionsFetched {
  readonly answers: readonly FetchAnswer[];
  /** Partitions that failed for good; those whose leader is just changing are in neither list, and are asked again next time. */
  readonly failures: readonly { readonly position: FetchPosition; readonly error: KafkaError }[];
}

/** One round over many partitions: one request for each leader, all at the same time, each waiting at most `maxWaitMs`. */
export const fetchPositions = async (context: PositionsFetchContext, positions: readonly FetchPosition[], maxWaitMs: number, maxBytes: number, deadline: number): Promise<PositionsFetched> => {
  const { metadata } = context;
  const failures: { position: FetchPosition; error: KafkaError }[] = [];
  const byLeader = new Map<number, FetchPosition[]>();
  await metadata.lookup(new Set(positions.map(({ topic }) => topic)), deadline);
  for (const position of positions) {
    try {
      const leader = await leaderOf(metadata, position.topic, position.partition, deadline);
      if (leader.kind === 'leaderless') continue;
      const asked = byLeader.get(leader.nodeId);
      if (asked === undefined) byLeader.set(leader.nodeId, [position]);
      else asked.push(position);
    } catch (error) {
      if (!isKafkaError(error) || error.code === 'DEADLINE_EXCEEDED' || error.code === 'NO_BROKER') throw error;
      failures.push({ position, error });
    }
  }
  const rounds = await Promise.all([...byLeader].map(([nodeId, asked]) => askOne(context, nodeId, asked, maxWaitMs, maxBytes, deadline)));
  const asked = new Map(positions.map((position) => [partitionKey(position.topic, position.partition), position]));
  const answers: FetchAnswer[] = [];
  for (const answer of rounds.flat()) {
    const { topic, partition, errorCode } = answer;
    const position = asked.get(partitionKey(topic, partition));
    const code = fromBrokerCode(errorCode, 'partition');
    if (errorCode === 0) answers.push(answer);
    else if (isStaleMetadata(errorCode) || code === 'BROKER_RETRIABLE') metadata.forget(topic);
    else if (position !== undefined) failures.push({ position, error: new KafkaError(code, { resource: `${topic}-${partition}`, brokerCode: errorCode }) });
  }
  return { answers, failures };
};

/** A leader that cannot be reached gives nothing this time; the others' records are not held up by it. */
const askOne = async ({ lanes, metadata, clock }: PositionsFetchContext, nodeId: number, positions: readonly FetchPosition[], maxWaitMs: number, maxBytes: number, deadline: number): Promise<readonly FetchAnswer[]> => {
  try {
    const { answers } = await lanes.on(nodeId, deadline, deadline - clock.now(), (connection) => connection.request(FETCH, [{ positions, maxWaitMs: Math.floor(maxWaitMs), maxBytes }], deadline));
    return answers;
  } catch (error) {
    if (!(error instanceof ConnectionFault) && !(isKafkaError(error) && error.code === 'NO_BROKER')) throw error;
    for (const { topic } of positions) metadata.forget(topic);
    return [];
  }
};
