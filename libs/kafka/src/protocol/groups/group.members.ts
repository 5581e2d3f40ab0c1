import type { consumerGroupDescribeV0, describeGroupsV5 } from '@platformatic/kafka';
import type { GroupMember } from '../../session/admin/groups.admin.port.js';
import type { AdminCall } from '../admin.call.js';
import { decodeAssignment, decodeSubscription } from './group.apis.js';

type Classic = ReturnType<typeof describeGroupsV5.parseResponse>['groups'][number]['members'][number];
type Consumer = ReturnType<typeof consumerGroupDescribeV0.parseResponse>['groups'][number]['members'][number];

/** A classic member's metadata is its own protocol's; only that of consumers can be read, and is empty while the group rebalances. */
export const classicMember = (call: AdminCall, protocolType: string, { memberId, groupInstanceId, clientId, clientHost, memberMetadata, memberAssignment }: Classic): GroupMember => {
  const isConsumer = protocolType === 'consumer';
  const subscribed = isConsumer && memberMetadata.length > 0 ? readable(() => decodeSubscription(memberMetadata)) : [];
  const assigned = isConsumer && memberAssignment.length > 0 ? readable(() => [...decodeAssignment(memberAssignment)]) : [];
  return shown(call, { memberId, instanceId: groupInstanceId ?? null, clientId, clientHost }, subscribed, assigned);
};

/** A broker keeps whatever bytes a member brought; nonsense of one must not hide its group, nor the others of the call. */
const readable = <Item>(decode: () => readonly Item[]): readonly Item[] => {
  try {
    return decode();
  } catch {
    return [];
  }
};

export const consumerMember = (call: AdminCall, { memberId, instanceId, clientId, clientHost, subscribedTopicNames, assignment }: Consumer): GroupMember =>
  shown(
    call,
    { memberId, instanceId: instanceId ?? null, clientId, clientHost },
    subscribedTopicNames,
    assignment.topicPartitions.map(({ topicName, partitions }) => [topicName, partitions] as const),
  );

/** Without the topics that the rule hides (I25). */
const shown = (call: AdminCall, member: Omit<GroupMember, 'subscribed' | 'assignments'>, subscribed: readonly string[], assigned: readonly (readonly [string, readonly number[]])[]): GroupMember => {
  const isShown = (topic: string): boolean => call.ruled(topic, 'describe') === null;
  return {
    ...member,
    subscribed: subscribed.filter(isShown).sort(),
    assignments: assigned.filter(([topic]) => isShown(topic)).flatMap(([topic, partitions]) => [...partitions].sort((a, b) => a - b).map((partition) => ({ topic, partition }))),
  };
};
