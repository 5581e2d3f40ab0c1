import type { GroupPosition } from '../../session/admin/groups.admin.port.js';
import { type AdminCall, itemError } from '../admin.call.js';
import { OFFSET_FETCH } from './group.apis.js';
import { GroupCoordinator, groupError } from './group.coordinator.js';

const ALL_TOPICS = null as unknown as [];
const NO_EPOCH = -1;

/**
 * Every position that the group has stored, without topics that the rule hides.
 * @throws KafkaError GROUP_AUTHORIZATION_FAILED, or the first partition's error
 */
export const groupPositions = async (call: AdminCall, groupId: string): Promise<readonly GroupPosition[]> => {
  const coordinator = new GroupCoordinator(groupId, call);
  const args: [{ groupId: string; memberId: null; memberEpoch: number; topics: [] }[], boolean] = [[{ groupId, memberId: null, memberEpoch: NO_EPOCH, topics: ALL_TOPICS }], true];
  const answer = await coordinator.call(OFFSET_FETCH, args, call.deadline, ({ groups }) => groups[0]?.errorCode ?? 0, { purpose: 'work' });
  const [group] = answer.groups;
  if (group === undefined || group.errorCode !== 0) throw groupError(group?.errorCode ?? -1, groupId);
  return group.topics
    .filter(({ name }) => call.ruled(name, 'describe') === null)
    .flatMap(({ name, partitions }) =>
      partitions.flatMap(({ partitionIndex, committedOffset, metadata, errorCode }) => {
        const error = itemError({ errorCode }, 'group', `${name}-${partitionIndex}`);
        if (error !== null) throw error;
        return committedOffset < 0n ? [] : [{ topic: name, partition: partitionIndex, offset: committedOffset, metadata: metadata ?? '' }];
      }),
    )
    .sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1));
};
