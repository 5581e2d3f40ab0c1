import { describeLogDirsV3, describeLogDirsV4 } from '@platformatic/kafka';
import type { BrokerDirectories, DirectoryOutcome, ReplicaLog } from '../../session/admin/cluster.admin.port.js';
import { type AdminCall, itemError, outcomeOf } from '../admin.call.js';
import { type Api, codec } from '../codecs.js';
import { nodeCall } from '../node.call.js';
import { askBrokers } from './each.broker.js';

type Answer = ReturnType<typeof describeLogDirsV4.parseResponse>;

const DESCRIBE_LOG_DIRS: Api<Parameters<typeof describeLogDirsV4.createRequest>, Answer> = {
  key: 35,
  name: 'DescribeLogDirs',
  codecs: [codec(describeLogDirsV4), codec(describeLogDirsV3 as unknown as typeof describeLogDirsV4)],
};

const NOT_TOLD = -1n;

/** Each broker tells of its own disks. */
export const logDirectories = async (call: AdminCall, wanted: readonly number[] | null): Promise<readonly BrokerDirectories[]> => {
  const answers = await askBrokers(call, wanted, (brokerId) => nodeCall(call, brokerId, DESCRIBE_LOG_DIRS, [null], false));
  return answers.map((answer): BrokerDirectories => {
    const { brokerId } = answer;
    if (answer.kind === 'failed') return { brokerId, kind: 'failed', error: answer.error };
    const directories = answer.value.results.map((one) => toDirectory(call, one));
    return { brokerId, ...outcomeOf(itemError(answer.value, 'other', `broker ${brokerId}`), { directories }) };
  });
};

const toDirectory = (call: AdminCall, { logDir, topics, totalBytes, usableBytes, errorCode }: Answer['results'][number]): DirectoryOutcome => {
  const replicas = topics
    .filter(({ name }) => call.ruled(name, 'describe') === null)
    .flatMap(({ name, partitions }) => partitions.map(({ partitionIndex, partitionSize, offsetLag, isFutureKey }): ReplicaLog => ({ topic: name, partition: partitionIndex, bytes: partitionSize, offsetLag, isFuture: isFutureKey })));
  return { path: logDir, ...outcomeOf(itemError({ errorCode }, 'other', logDir), { totalBytes: totalBytes ?? NOT_TOLD, usableBytes: usableBytes ?? NOT_TOLD, replicas }) };
};
