import { isUtf8 } from 'node:buffer';
import type { BrokerDescription, FetchedRecord } from '@postern/kafka';
import { decodeText } from '@postern/schema';
import type { PartitionDetail, TopicPartitions } from '../cluster/partitions.use-case.js';

/** Wire shapes of the HDInsight API (reference §1.2, §1.3, §1.7): camelCase for brokers, snake_case for the rest. */
export const brokerBody = ({ id, host, port, rack }: BrokerDescription) => ({ hostName: host, port, id, ...(rack === null ? {} : { rack }) });

/** Offsets are JSON numbers of 64 bits: written as digits, because a double would round them. */
export const partitionText = (partition: PartitionDetail, brokers: TopicPartitions['brokers']): string => {
  const brokerOf = (id: number) => {
    const broker = brokers.get(id);
    // A broker that is down is not in the metadata: its id is all that is known of it.
    return broker === undefined ? { hostName: '', port: -1, id } : brokerBody(broker);
  };
  const leader = partition.leader < 0 ? 'null' : JSON.stringify(brokerOf(partition.leader));
  return `{"partition_id":${partition.partition},"earliest_offset":${partition.earliest},"latest_offset":${partition.latest},"leader":${leader},"replicas":${JSON.stringify(partition.replicas.map(brokerOf))},"isr":${JSON.stringify(partition.inSync.map(brokerOf))}}`;
};

const TIMESTAMP_TYPES = { create: 'CreateTime', 'log-append': 'LogAppendTime' } as const;

/** Strings always; bytes that are no UTF-8 as the setting says. */
const shown = (bytes: Buffer | null, notUtf8: 'replaced' | 'base64'): string => JSON.stringify(notUtf8 === 'base64' && bytes !== null && !isUtf8(bytes) ? bytes.toString('base64') : decodeText(bytes));

export const recordText = (partition: number, { offset, key, value, timestamp, timestampType }: FetchedRecord, notUtf8: 'replaced' | 'base64'): string =>
  `{"key":${shown(key, notUtf8)},"value":${shown(value, notUtf8)},"partition":${partition},"offset":${offset},"timestamp":${timestamp},"timestampType":"${timestamp < 0 ? 'NoTimestampType' : TIMESTAMP_TYPES[timestampType]}"}`;
