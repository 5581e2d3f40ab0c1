import { KafkaError, isKafkaError } from '../../errors/kafka-error.js';
import type { GroupDetail } from '../../session/admin/groups.admin.port.js';
import type { Each } from '../../session/admin/outcome.js';
import type { AdminCall } from '../admin.call.js';
import { authorizedOperations } from '../kafka.names.js';
import { GroupCoordinator, groupError } from './group.coordinator.js';
import { CONSUMER_GROUP_DESCRIBE, DESCRIBE_GROUPS } from './group.admin.apis.js';
import { classicMember, consumerMember } from './group.members.js';

type Described = Each<{ readonly groupId: string }, GroupDetail>;

const GROUP_ID_NOT_FOUND = 69;
const UNSUPPORTED_VERSION = 35;
const ON_WORK = { purpose: 'work' } as const;

export const describeGroups = (call: AdminCall, groupIds: readonly string[]): Promise<readonly Described[]> =>
  Promise.all(
    groupIds.map(async (groupId): Promise<Described> => {
      try {
        return { groupId, kind: 'done', ...(await describeGroup(call, groupId)) };
      } catch (error) {
        if (isKafkaError(error)) return { groupId, kind: 'failed', error };
        throw error;
      }
    }),
  );

/**
 * Asked as a group of KIP-848 first: DescribeGroups would call such a group `Dead`, without an error.
 * @throws KafkaError UNKNOWN_GROUP, GROUP_AUTHORIZATION_FAILED
 */
export const describeGroup = async (call: AdminCall, groupId: string): Promise<GroupDetail> => {
  const coordinator = new GroupCoordinator(groupId, call);
  return (await asConsumerGroup(call, coordinator)) ?? asClassicGroup(call, coordinator);
};

/** null: a group of the classic protocol, or none, or a broker without KIP-848. */
const asConsumerGroup = async (call: AdminCall, coordinator: GroupCoordinator): Promise<GroupDetail | null> => {
  const { groupId } = coordinator;
  let group;
  try {
    const answer = await coordinator.call(CONSUMER_GROUP_DESCRIBE, [[groupId], true], call.deadline, ({ groups }) => groups[0]?.errorCode ?? 0, ON_WORK);
    group = answer.groups.find((one) => one.groupId === groupId);
  } catch (error) {
    // The API itself is missing there.
    if (isKafkaError(error) && error.code === 'UNSUPPORTED_VERSION') return null;
    throw error;
  }
  if (group === undefined || group.errorCode === GROUP_ID_NOT_FOUND || group.errorCode === UNSUPPORTED_VERSION) return null;
  if (group.errorCode !== 0) throw groupError(group.errorCode, groupId);
  return {
    type: 'consumer',
    state: group.groupState,
    assignor: group.assignorName,
    coordinatorId: await coordinator.nodeId(call.deadline),
    members: group.members.map((member) => consumerMember(call, member)),
    authorizedOperations: authorizedOperations(group.authorizedOperations),
  };
};

const asClassicGroup = async (call: AdminCall, coordinator: GroupCoordinator): Promise<GroupDetail> => {
  const { groupId } = coordinator;
  const answer = await coordinator.call(DESCRIBE_GROUPS, [[groupId], true], call.deadline, ({ groups }) => groups[0]?.errorCode ?? 0, ON_WORK);
  const group = answer.groups.find((one) => one.groupId === groupId);
  if (group === undefined) throw new KafkaError('BROKER_OTHER', { resource: groupId });
  if (group.errorCode !== 0) throw groupError(group.errorCode, groupId);
  if (group.groupState === 'Dead') throw groupError(GROUP_ID_NOT_FOUND, groupId);
  return {
    type: 'classic',
    state: group.groupState,
    assignor: group.protocolData,
    coordinatorId: await coordinator.nodeId(call.deadline),
    members: group.members.map((member) => classicMember(call, group.protocolType, member)),
    authorizedOperations: authorizedOperations(group.authorizedOperations),
  };
};
