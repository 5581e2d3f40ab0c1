import { describeAclsV2, describeAclsV3 } from '@platformatic/kafka';
import type { KafkaError } from '../../errors/kafka-error.js';
import type { AclBinding, AclFilter } from '../../session/admin/acls.admin.port.js';
import { type AdminCall, itemError } from '../admin.call.js';
import { type Api, codec } from '../codecs.js';
import { readCall } from '../read.call.js';
import { fromWire, keyOf, toWireFilter } from './acl.wire.js';

const DESCRIBE_ACLS: Api<Parameters<typeof describeAclsV3.createRequest>, ReturnType<typeof describeAclsV3.parseResponse>> = {
  key: 29,
  name: 'DescribeAcls',
  codecs: [codec(describeAclsV3), codec(describeAclsV2 as unknown as typeof describeAclsV3)],
};

/** @throws KafkaError of the call as a whole */
export const describeAcls = async (call: AdminCall, filter: AclFilter): Promise<readonly AclBinding[]> => {
  const { resources, ...answer } = await readCall(call.connections, call.clock, DESCRIBE_ACLS, [toWireFilter(filter)], call.deadline);
  const error = itemError(answer, 'other', 'cluster', answer.throttleTimeMs);
  if (error !== null) throw error;
  return resources
    .flatMap(({ acls, ...resource }) => acls.map((acl) => fromWire({ ...resource, ...acl })))
    .filter((binding) => ruleRefusal(call, binding, 'describe') === null)
    .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
};

/** `*` and prefixes are asked for as they stand: `*` is no topic's name, so that only a rule that names no topics admits it. */
export const ruleRefusal = (call: AdminCall, { resourceType, resourceName }: AclBinding, operation: 'describe' | 'alter'): KafkaError | null =>
  resourceType === 'TOPIC' ? call.ruled(resourceName, operation) : null;
