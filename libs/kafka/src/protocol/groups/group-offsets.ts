import { KafkaError } from '../../errors/kafka-error.js';
import { OFFSET_COMMIT, OFFSET_FETCH } from './group.apis.js';
import { type GroupCoordinator, groupError, isPassing } from './group.coordinator.js';

/** One partition's place in a group: the offset of the record to read next. */
export interface GroupOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

/** What the coordinator said of one partition; 0 is success. */
export interface CommitAnswer {
  readonly topic: string;
  readonly partition: number;
  readonly brokerCode: number;
}

/** Who commits: a member in its generation, or nobody for partitions assigned by hand. */
export interface Committer {
  readonly id: number;
  readonly memberId: string;
}

export const NO_MEMBER: Committer = { id: -1, memberId: '' };
const NO_EPOCH = -1;
const UNKNOWN_SERVER_ERROR = -1;
/** Not on the connection on which a join may wait for other members for a minute. */
const BESIDE_A_JOIN = { purpose: 'work' } as const;

const byTopic = <T extends { readonly topic: string }>(items: readonly T[]): [string, T[]][] => [...Map.groupBy(items, ({ topic }) => topic)];

/** What the coordinator says of itself, or will not say for long, beside partitions that it refuses for themselves; else 0. */
export const passingCode = ({ topics }: { readonly topics: readonly { readonly partitions: readonly { readonly errorCode: number }[] }[] }): number =>
  topics.flatMap(({ partitions }) => partitions).find(({ errorCode }) => isPassing(errorCode))?.errorCode ?? 0;

/** Each offset has its own answer; one refused does not keep the others from being stored. @throws KafkaError of the group */
export const commitOffsets = async (coordinator: GroupCoordinator, { id, memberId }: Committer, offsets: readonly GroupOffset[], deadline: number): Promise<readonly CommitAnswer[]> => {
  if (offsets.length === 0) return [];
  const topics = byTopic(offsets).map(([name, items]) => ({
    name,
    partitions: items.map(({ partition, offset }) => ({ partitionIndex: partition, committedOffset: offset, committedLeaderEpoch: NO_EPOCH, committedMetadata: '' })),
  }));
  const answer = await coordinator.call(OFFSET_COMMIT, [coordinator.groupId, id, memberId, null, topics], deadline, passingCode, BESIDE_A_JOIN);
  const codes = new Map(answer.topics.flatMap(({ name, partitions }) => partitions.map(({ partitionIndex, errorCode }) => [`${partitionIndex}/${name}`, errorCode] as const)));
  return offsets.map(({ topic, partition }) => ({ topic, partition, brokerCode: codes.get(`${partition}/${topic}`) ?? UNKNOWN_SERVER_ERROR }));
};

/**
 * The committed offset of each partition, null where there is none. Offsets of running transactions are waited for (KIP-447).
 * @throws KafkaError of the group, or of the first partition that has one
 */
export const committedOffsets = async (coordinator: GroupCoordinator, wanted: readonly { readonly topic: string; readonly partition: number }[], deadline: number): Promise<ReadonlyMap<string, bigint | null>> => {
  if (wanted.length === 0) return new Map();
  const topics = byTopic(wanted).map(([name, items]) => ({ name, partitionIndexes: items.map(({ partition }) => partition) }));
  const answer = await coordinator.call(OFFSET_FETCH, [[{ groupId: coordinator.groupId, memberId: null, memberEpoch: NO_EPOCH, topics }], true], deadline, ({ groups }) => groups[0]?.errorCode || passingCode({ topics: groups[0]?.topics ?? [] }), BESIDE_A_JOIN);
  const [group] = answer.groups;
  if (group === undefined) throw new KafkaError('BROKER_OTHER', { resource: coordinator.groupId });
  if (group.errorCode !== 0) throw groupError(group.errorCode, coordinator.groupId);
  const found = new Map<string, bigint | null>();
  for (const { name, partitions } of group.topics) {
    for (const { partitionIndex, committedOffset, errorCode } of partitions) {
      if (errorCode !== 0) throw groupError(errorCode, `${name}-${partitionIndex}`);
      found.set(partitionKey(name, partitionIndex), committedOffset < 0n ? null : committedOffset);
    }
  }
  return found;
};

/** A topic name holds no slash. */
export const partitionKey = (topic: string, partition: number): string => `${topic}/${partition}`;
