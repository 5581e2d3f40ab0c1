import { describeClusterV0, describeClusterV1 } from '@platformatic/kafka';
import type { ClusterDescription } from '../../session/admin/cluster.admin.port.js';
import { type AdminCall, itemError } from '../admin.call.js';
import { type Api, codec } from '../codecs.js';
import { authorizedOperations } from '../kafka.names.js';
import { readCall } from '../read.call.js';

const BROKERS = 1;

const DESCRIBE_CLUSTER: Api<Parameters<typeof describeClusterV1.createRequest>, ReturnType<typeof describeClusterV1.parseResponse>> = {
  key: 60,
  name: 'DescribeCluster',
  codecs: [codec(describeClusterV1), codec(describeClusterV0 as unknown as typeof describeClusterV1)],
};

/** KIP-700. @throws KafkaError */
export const describeCluster = async ({ connections, clock, deadline }: AdminCall): Promise<ClusterDescription> => {
  const answer = await readCall(connections, clock, DESCRIBE_CLUSTER, [true, BROKERS], deadline);
  const error = itemError(answer, 'other', 'cluster');
  if (error !== null) throw error;
  return {
    clusterId: answer.clusterId,
    controllerId: answer.controllerId < 0 ? null : answer.controllerId,
    brokers: answer.brokers.map(({ brokerId, host, port, rack }) => ({ id: brokerId, host, port, rack: rack ?? null })).sort((a, b) => a.id - b.id),
    authorizedOperations: authorizedOperations(answer.clusterAuthorizedOperations),
  };
};
