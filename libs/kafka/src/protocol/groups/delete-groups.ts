import { KafkaError, isKafkaError } from '../../errors/kafka-error.js';
import type { Each } from '../../session/admin/outcome.js';
import { type AdminCall, outcomeOf } from '../admin.call.js';
import { DELETE_GROUPS } from './group.admin.apis.js';
import { GroupCoordinator, groupError } from './group.coordinator.js';

/** Each at its own coordinator; one with members fails with GROUP_NOT_EMPTY. */
export const deleteGroups = (call: AdminCall, groupIds: readonly string[]): Promise<readonly Each<{ readonly groupId: string }>[]> =>
  Promise.all(groupIds.map(async (groupId) => ({ groupId, ...outcomeOf(await failureOf(call, groupId), {}) })));

const failureOf = async (call: AdminCall, groupId: string): Promise<KafkaError | null> => {
  try {
    const coordinator = new GroupCoordinator(groupId, call);
    // Not repeated: the second answer to a deletion that went through would be "not found".
    const answer = await coordinator.call(DELETE_GROUPS, [[groupId]], call.deadline, ({ results }) => results[0]?.errorCode ?? 0, { purpose: 'work', repeatable: false });
    const result = answer.results.find((one) => one.groupId === groupId);
    if (result === undefined) return new KafkaError('OUTCOME_UNKNOWN', { resource: groupId });
    return result.errorCode === 0 ? null : groupError(result.errorCode, groupId);
  } catch (error) {
    if (isKafkaError(error)) return error;
    throw error;
  }
};
