import {
  decodeConsumerProtocolAssignment,
  decodeConsumerProtocolSubscription,
  encodeConsumerProtocolAssignment,
  encodeConsumerProtocolSubscription,
  findCoordinatorV4,
  findCoordinatorV5,
  findCoordinatorV6,
  heartbeatV4,
  joinGroupV9,
  leaveGroupV5,
  offsetCommitV8,
  offsetCommitV9,
  offsetFetchV8,
  offsetFetchV9,
  syncGroupV5,
} from '@platformatic/kafka';
import { type Api, codec } from '../codecs.js';

/** Partitions of topics, as a group's members divide them. */
export type TopicPartitions = ReadonlyMap<string, readonly number[]>;

export const FIND_COORDINATOR: Api<Parameters<typeof findCoordinatorV6.createRequest>, ReturnType<typeof findCoordinatorV6.parseResponse>> = {
  key: 10,
  name: 'FindCoordinator',
  codecs: [codec(findCoordinatorV6), codec(findCoordinatorV5 as unknown as typeof findCoordinatorV6), codec(findCoordinatorV4 as unknown as typeof findCoordinatorV6)],
};

export const JOIN_GROUP: Api<Parameters<typeof joinGroupV9.createRequest>, ReturnType<typeof joinGroupV9.parseResponse>> = { key: 11, name: 'JoinGroup', codecs: [codec(joinGroupV9)] };

export const SYNC_GROUP: Api<Parameters<typeof syncGroupV5.createRequest>, ReturnType<typeof syncGroupV5.parseResponse>> = { key: 14, name: 'SyncGroup', codecs: [codec(syncGroupV5)] };

export const HEARTBEAT: Api<Parameters<typeof heartbeatV4.createRequest>, ReturnType<typeof heartbeatV4.parseResponse>> = { key: 12, name: 'Heartbeat', codecs: [codec(heartbeatV4)] };

export const LEAVE_GROUP: Api<Parameters<typeof leaveGroupV5.createRequest>, ReturnType<typeof leaveGroupV5.parseResponse>> = { key: 13, name: 'LeaveGroup', codecs: [codec(leaveGroupV5)] };

export const OFFSET_COMMIT: Api<Parameters<typeof offsetCommitV9.createRequest>, ReturnType<typeof offsetCommitV9.parseResponse>> = {
  key: 8,
  name: 'OffsetCommit',
  codecs: [codec(offsetCommitV9), codec(offsetCommitV8 as unknown as typeof offsetCommitV9)],
};

export const OFFSET_FETCH: Api<Parameters<typeof offsetFetchV9.createRequest>, ReturnType<typeof offsetFetchV9.parseResponse>> = {
  key: 9,
  name: 'OffsetFetch',
  codecs: [codec(offsetFetchV9), codec(offsetFetchV8 as unknown as typeof offsetFetchV9)],
};

/** Version 0 of the consumer protocol: what every client of a group can read (ConsumerProtocolSubscription). */
export const encodeSubscription = (topics: readonly string[]): Buffer => encodeConsumerProtocolSubscription({ version: 0, topics: [...topics] });

export const decodeSubscription = (metadata: Buffer): readonly string[] => decodeConsumerProtocolSubscription(metadata).topics;

export const encodeAssignment = (partitions: TopicPartitions): Buffer =>
  encodeConsumerProtocolAssignment({ version: 0, assignedPartitions: [...partitions].map(([topic, numbers]) => ({ topic, partitions: [...numbers] })) });

export const decodeAssignment = (assignment: Buffer): TopicPartitions => new Map(decodeConsumerProtocolAssignment(assignment).assignedPartitions.map(({ topic, partitions }) => [topic, partitions]));
