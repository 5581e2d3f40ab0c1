import { createAclsV2, createAclsV3 } from '@platformatic/kafka';
import { KafkaError } from '../../errors/kafka-error.js';
import type { AclBinding } from '../../session/admin/acls.admin.port.js';
import type { Each } from '../../session/admin/outcome.js';
import { type AdminCall, itemError, outcomeOf, withUnrefused } from '../admin.call.js';
import { changeCall } from '../change.call.js';
import { type Api, codec } from '../codecs.js';
import { isWhole, toWireBinding } from './acl.wire.js';
import { ruleRefusal } from './describe-acls.js';

const CREATE_ACLS: Api<Parameters<typeof createAclsV3.createRequest>, ReturnType<typeof createAclsV3.parseResponse>> = {
  key: 30,
  name: 'CreateAcls',
  codecs: [codec(createAclsV3), codec(createAclsV2 as unknown as typeof createAclsV3)],
};

/** Results come in the order of the request: the answer has no names. */
export const createAcls = (call: AdminCall, bindings: readonly AclBinding[]): Promise<readonly Each<{ readonly binding: AclBinding }>[]> =>
  withUnrefused(
    bindings,
    (binding) => (isWhole(binding) ? ruleRefusal(call, binding, 'alter') : new KafkaError('INVALID_REQUEST', { resource: binding.resourceName })),
    (binding, error): Each<{ readonly binding: AclBinding }> => ({ binding, kind: 'failed', error }),
    async (admitted) => {
      const { results, throttleTimeMs } = await changeCall(call.connections, call.clock, CREATE_ACLS, [admitted.map(toWireBinding)], call.deadline);
      return admitted.map((binding, i) => {
        const answer = results[i];
        return { binding, ...outcomeOf(answer === undefined ? new KafkaError('OUTCOME_UNKNOWN', { resource: binding.resourceName }) : itemError(answer, 'other', binding.resourceName, throttleTimeMs), {}) };
      });
    },
  );
