import type { GroupListing } from '../../session/admin/groups.admin.port.js';
import { type AdminCall, itemError } from '../admin.call.js';
import { askBrokers } from '../cluster/each.broker.js';
import { nodeCall } from '../node.call.js';
import { LIST_GROUPS } from './group.admin.apis.js';

/**
 * Each broker tells of the groups that it coordinates; Kafka leaves out those that the caller may not describe.
 * @throws KafkaError of a broker that could not tell: a list with a hole would read as groups that are gone
 */
export const listGroups = async (call: AdminCall, { states = [], types = [] }: { readonly states?: readonly string[]; readonly types?: readonly string[] }): Promise<readonly GroupListing[]> => {
  const answers = await askBrokers(call, null, (brokerId) => nodeCall(call, brokerId, LIST_GROUPS, [[...states], [...types]], false));
  const listed = answers.flatMap((answer): GroupListing[] => {
    if (answer.kind === 'failed') throw answer.error;
    const error = itemError(answer.value, 'group', `broker ${answer.brokerId}`);
    if (error !== null) throw error;
    return answer.value.groups.map(({ groupId, groupType, groupState, protocolType }) => ({ groupId, type: groupType?.toLowerCase() ?? null, state: groupState, protocolType }));
  });
  // A group that moves while brokers are asked may be told twice.
  return [...new Map(listed.map((group) => [group.groupId, group])).values()].sort((a, b) => (a.groupId < b.groupId ? -1 : 1));
};
