import { alterPartitionReassignmentsV0, alterPartitionReassignmentsV1 } from '@platformatic/kafka';
import { KafkaError } from '../../errors/kafka-error.js';
import type { Each, PartitionName } from '../../session/admin/outcome.js';
import { type AdminCall, brokerTimeout, itemError, outcomeOf, withAdmitted } from '../admin.call.js';
import { changeCall } from '../change.call.js';
import { type Api, codec } from '../codecs.js';
import { partitionKey } from '../groups/group-offsets.js';

const ALTER_REASSIGNMENTS: Api<Parameters<typeof alterPartitionReassignmentsV1.createRequest>, ReturnType<typeof alterPartitionReassignmentsV1.parseResponse>> = {
  key: 45,
  name: 'AlterPartitionReassignments',
  codecs: [codec(alterPartitionReassignmentsV1), codec(alterPartitionReassignmentsV0 as unknown as typeof alterPartitionReassignmentsV1)],
};

const MAY_CHANGE_REPLICATION = true;

export interface ReassignmentWish extends PartitionName {
  readonly replicas: readonly number[] | null;
}

/** @throws KafkaError when the controller refuses the call as a whole: CLUSTER_AUTHORIZATION_FAILED */
export const reassign = (call: AdminCall, wishes: readonly ReassignmentWish[]): Promise<readonly Each<PartitionName>[]> =>
  withAdmitted(
    call,
    wishes,
    'alter',
    ({ topic }) => topic,
    ({ topic, partition }, error): Each<PartitionName> => ({ topic, partition, kind: 'failed', error }),
    async (admitted) => {
      const topics = [...Map.groupBy(admitted, ({ topic }) => topic)].map(([name, own]) => ({
        name,
        partitions: own.map(({ partition, replicas }) => ({ partitionIndex: partition, replicas: replicas === null ? null : [...replicas] })),
      }));
      const answer = await changeCall(call.connections, call.clock, ALTER_REASSIGNMENTS, [brokerTimeout(call), MAY_CHANGE_REPLICATION, topics], call.deadline);
      const refused = itemError(answer, 'other', 'cluster', answer.throttleTimeMs);
      if (refused !== null) throw refused;
      const answers = new Map(answer.responses.flatMap(({ name, partitions }) => partitions.map((one) => [partitionKey(name, one.partitionIndex), one] as const)));
      return admitted.map(({ topic, partition }) => {
        const one = answers.get(partitionKey(topic, partition));
        const resource = `${topic}-${partition}`;
        return { topic, partition, ...outcomeOf(one === undefined ? new KafkaError('OUTCOME_UNKNOWN', { resource }) : itemError(one, 'partition', resource, answer.throttleTimeMs), {}) };
      });
    },
  );
