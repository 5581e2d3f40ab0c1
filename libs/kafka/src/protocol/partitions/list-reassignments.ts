import { listPartitionReassignmentsV0 } from '@platformatic/kafka';
import type { Reassignment } from '../../session/admin/partitions.admin.port.js';
import { type AdminCall, brokerTimeout, itemError } from '../admin.call.js';
import { type Api, codec } from '../codecs.js';
import { readCall } from '../read.call.js';

const LIST_REASSIGNMENTS: Api<Parameters<typeof listPartitionReassignmentsV0.createRequest>, ReturnType<typeof listPartitionReassignmentsV0.parseResponse>> = {
  key: 46,
  name: 'ListPartitionReassignments',
  codecs: [codec(listPartitionReassignmentsV0)],
};

/** All are asked for and the wanted ones kept: Kafka's own filter is by partition. @throws KafkaError CLUSTER_AUTHORIZATION_FAILED */
export const listReassignments = async (call: AdminCall, wanted: readonly string[] | null): Promise<readonly Reassignment[]> => {
  for (const topic of wanted ?? []) {
    const refusal = call.refusal(topic, 'describe');
    if (refusal !== null) throw refusal;
  }
  const { topics, ...answer } = await readCall(call.connections, call.clock, LIST_REASSIGNMENTS, [brokerTimeout(call), null], call.deadline);
  const error = itemError(answer, 'other', 'cluster', answer.throttleTimeMs);
  if (error !== null) throw error;
  return topics
    .filter(({ name }) => (wanted === null || wanted.includes(name)) && call.ruled(name, 'describe') === null)
    .flatMap(({ name, partitions }) => partitions.map(({ partitionIndex, replicas, addingReplicas, removingReplicas }) => ({ topic: name, partition: partitionIndex, replicas, adding: addingReplicas, removing: removingReplicas })))
    .sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1));
};
