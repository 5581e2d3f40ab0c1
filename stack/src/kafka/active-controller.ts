import { describeQuorumV1 } from '@platformatic/kafka';
import { withAdmin, type AdminLogin } from './admin.client.ts';

const METADATA_LOG = '__cluster_metadata';

/**
 * The node that leads the quorum of controllers (KIP-595), as one live node tells; -1 during an election. DescribeCluster is no use for it: under KRaft a
 * broker names any live broker there.
 */
export const activeController = (login: AdminLogin, nodeId: number): Promise<number> =>
  withAdmin(login, async (admin) => {
    const [connection] = (await admin.connectToBrokers([nodeId])).values();
    if (connection === undefined) return -1;
    const { topics } = await describeQuorumV1.api.async(connection, [{ topicName: METADATA_LOG, partitions: [{ partitionIndex: 0 }] }]);
    return topics[0]?.partitions[0]?.leaderId ?? -1;
  });
