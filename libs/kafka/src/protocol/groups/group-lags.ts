import { isKafkaError } from '../../errors/kafka-error.js';
import type { KafkaError } from '../../errors/kafka-error.js';
import type { GroupMember, PartitionLag } from '../../session/admin/groups.admin.port.js';
import type { Each, PartitionName } from '../../session/admin/outcome.js';
import { type AdminCall, outcomeOf } from '../admin.call.js';
import { listOffsets } from '../offsets/list-offsets.js';
import { describeGroup } from './describe-groups.js';
import { partitionKey } from './group-offsets.js';
import { groupPositions } from './group-positions.js';

/** One for each stored position. A group that has positions but never had members has nobody to name. */
export const groupLags = async (call: AdminCall, groupId: string): Promise<readonly Each<PartitionName, PartitionLag>[]> => {
  const [group, positions] = await Promise.all([describeGroup(call, groupId), groupPositions(call, groupId)]);
  const readers = new Map(group.members.flatMap((member) => member.assignments.map(({ topic, partition }) => [partitionKey(topic, partition), reader(member)] as const)));
  const ends = new Map<string, bigint | KafkaError>();
  for (const [topic, own] of Map.groupBy(positions, (position) => position.topic)) {
    for (const [partition, end] of await endsOf(call, topic, own.map(({ partition }) => partition))) ends.set(partitionKey(topic, partition), end);
  }
  return positions.map(({ topic, partition, offset }) => {
    const end = ends.get(partitionKey(topic, partition)) ?? 0n;
    const error = typeof end === 'bigint' ? null : end;
    const at = typeof end === 'bigint' ? end : 0n;
    // A log that was cut below the position has no lag.
    return { topic, partition, ...outcomeOf(error, { committed: offset, end: at, lag: at > offset ? at - offset : 0n, member: readers.get(partitionKey(topic, partition)) ?? null }) };
  });
};

const reader = ({ memberId, instanceId, clientId, clientHost }: GroupMember): PartitionLag['member'] => ({ memberId, instanceId, clientId, clientHost });

/** Together where all can be had; one by one where one of them fails. */
const endsOf = async (call: AdminCall, topic: string, partitions: readonly number[]): Promise<readonly (readonly [number, bigint | KafkaError])[]> => {
  try {
    const found = await listOffsets(call, topic, partitions, 'latest', call.deadline);
    return partitions.map((partition) => [partition, found.get(partition) ?? 0n] as const);
  } catch (error) {
    if (!isKafkaError(error)) throw error;
    if (partitions.length === 1) return partitions.map((partition) => [partition, error] as const);
    return (await Promise.all(partitions.map((partition) => endsOf(call, topic, [partition])))).flat();
  }
};
