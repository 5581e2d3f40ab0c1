import { type AclFilter as WireFilter, deleteAclsV2, deleteAclsV3 } from '@platformatic/kafka';
import { KafkaError, isKafkaError } from '../../errors/kafka-error.js';
import type { AclBinding, AclDeletion, AclFilter } from '../../session/admin/acls.admin.port.js';
import { type AdminCall, itemError, outcomeOf } from '../admin.call.js';
import { changeCall } from '../change.call.js';
import { type Api, codec } from '../codecs.js';
import { isWhole, keyOf, toWireBinding } from './acl.wire.js';
import { describeAcls, ruleRefusal } from './describe-acls.js';

type Answer = ReturnType<typeof deleteAclsV3.parseResponse>;

const DELETE_ACLS: Api<Parameters<typeof deleteAclsV3.createRequest>, Answer> = {
  key: 31,
  name: 'DeleteAcls',
  codecs: [codec(deleteAclsV3), codec(deleteAclsV2 as unknown as typeof deleteAclsV3)],
};

/** Each filter's bindings are looked up, those that the rule hides left alone, and the rest deleted as exactly what they are. */
export const deleteAcls = async (call: AdminCall, filters: readonly AclFilter[]): Promise<readonly AclDeletion[]> => {
  const found = await Promise.all(filters.map((filter) => findFor(call, filter)));
  const doomed = new Map(found.flatMap((one) => (one instanceof KafkaError ? [] : one.map((binding) => [keyOf(binding), binding] as const))));
  const outcomes = await deleteExactly(call, [...doomed.values()].filter(isWhole));
  return filters.map((filter, i): AclDeletion => {
    const own = found[i];
    if (own === undefined || own instanceof KafkaError) return { filter, kind: 'failed', error: own ?? new KafkaError('INTERNAL') };
    return { filter, kind: 'done', bindings: own.map((binding) => ({ binding, ...outcomeOf(errorOf(binding, outcomes), {}) })) };
  });
};

/** What this version cannot name it could only delete together with everything else of that name, hidden or not. */
const errorOf = (binding: AclBinding, outcomes: ReadonlyMap<string, KafkaError | null>): KafkaError | null =>
  isWhole(binding) ? (outcomes.get(keyOf(binding)) ?? null) : new KafkaError('UNSUPPORTED_VERSION', { resource: binding.resourceName });

const findFor = async (call: AdminCall, filter: AclFilter): Promise<readonly AclBinding[] | KafkaError> => {
  try {
    return (await describeAcls(call, filter)).filter((binding) => ruleRefusal(call, binding, 'alter') === null);
  } catch (error) {
    if (isKafkaError(error)) return error;
    throw error;
  }
};

/** A filter has the form of what it finds. */
const toExactFilter = (binding: AclBinding): WireFilter => toWireBinding(binding) as unknown as WireFilter;

/** The error of each binding that was not deleted, by its key; one that somebody else has deleted meanwhile is gone all the same. */
const deleteExactly = async (call: AdminCall, bindings: readonly AclBinding[]): Promise<ReadonlyMap<string, KafkaError | null>> => {
  if (bindings.length === 0) return new Map();
  const { filterResults, throttleTimeMs } = await changeCall(call.connections, call.clock, DELETE_ACLS, [bindings.map(toExactFilter)], call.deadline);
  return new Map(
    bindings.map((binding, i) => {
      const answer = filterResults[i];
      const failed = answer?.matchingAcls.find(({ errorCode }) => errorCode !== 0);
      const error = answer === undefined ? new KafkaError('OUTCOME_UNKNOWN', { resource: binding.resourceName }) : itemError(failed ?? answer, 'other', binding.resourceName, throttleTimeMs);
      return [keyOf(binding), error];
    }),
  );
};
