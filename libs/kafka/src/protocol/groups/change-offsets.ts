import { KafkaError } from '../../errors/kafka-error.js';
import type { Each, PartitionName } from '../../session/admin/outcome.js';
import { type AdminCall, type ItemAnswer, itemError, outcomeOf, withAdmitted } from '../admin.call.js';
import { OFFSET_DELETE } from './group.admin.apis.js';
import { OFFSET_COMMIT } from './group.apis.js';
import { partitionKey, passingCode } from './group-offsets.js';
import { GroupCoordinator, groupError } from './group.coordinator.js';

const NO_GENERATION = -1;
const NO_MEMBER = '';
const NO_EPOCH = -1;
const UNKNOWN_PARTITION = 3;

export interface WantedPosition extends PartitionName {
  readonly offset: bigint;
  readonly metadata?: string;
}

interface PartitionAnswer extends Pick<ItemAnswer, 'errorCode'> {
  readonly partitionIndex: number;
}

type TopicAnswers = readonly { readonly name: string; readonly partitions: readonly PartitionAnswer[] }[];

const byTopic = <Item extends PartitionName>(items: readonly Item[]): [string, Item[]][] => [...Map.groupBy(items, ({ topic }) => topic)];

/** As nobody's member: Kafka takes it only while the group has no members. */
export const alterOffsets = (call: AdminCall, groupId: string, positions: readonly WantedPosition[]): Promise<readonly Each<PartitionName>[]> =>
  ruled(call, groupId, positions, async (admitted) => {
    const topics = byTopic(admitted).map(([name, own]) => ({
      name,
      partitions: own.map(({ partition, offset, metadata = '' }) => ({ partitionIndex: partition, committedOffset: offset, committedLeaderEpoch: NO_EPOCH, committedMetadata: metadata })),
    }));
    const answer = await new GroupCoordinator(groupId, call).call(OFFSET_COMMIT, [groupId, NO_GENERATION, NO_MEMBER, null, topics], call.deadline, passingCode, { purpose: 'work' });
    return answer.topics;
  });

/** KIP-496. @throws KafkaError of the group: GROUP_AUTHORIZATION_FAILED, UNKNOWN_GROUP, GROUP_NOT_EMPTY */
export const deleteOffsets = (call: AdminCall, groupId: string, partitions: readonly PartitionName[]): Promise<readonly Each<PartitionName>[]> =>
  ruled(call, groupId, partitions, async (admitted) => {
    const topics = byTopic(admitted).map(([name, own]) => ({ name, partitions: own.map(({ partition }) => ({ partitionIndex: partition })) }));
    const answer = await new GroupCoordinator(groupId, call).call(OFFSET_DELETE, [groupId, topics], call.deadline, ({ errorCode }) => errorCode, { purpose: 'work' });
    if (answer.errorCode !== 0) throw groupError(answer.errorCode, groupId);
    return answer.topics;
  });

const ruled = <Item extends PartitionName>(call: AdminCall, groupId: string, items: readonly Item[], send: (admitted: readonly Item[]) => Promise<TopicAnswers>): Promise<readonly Each<PartitionName>[]> =>
  withAdmitted(
    call,
    items,
    'read',
    ({ topic }) => topic,
    ({ topic, partition }, error): Each<PartitionName> => ({ topic, partition, kind: 'failed', error }),
    async (admitted) => {
      const answers = new Map((await send(admitted)).flatMap(({ name, partitions }) => partitions.map((answer) => [partitionKey(name, answer.partitionIndex), answer] as const)));
      return admitted.map(({ topic, partition }) => {
        const answer = answers.get(partitionKey(topic, partition));
        const resource = `${topic}-${partition}`;
        if (answer === undefined) return { topic, partition, kind: 'failed', error: new KafkaError('OUTCOME_UNKNOWN', { resource: groupId }) };
        return { topic, partition, ...outcomeOf(itemError(answer, answer.errorCode === UNKNOWN_PARTITION ? 'partition' : 'group', resource), {}) };
      });
    },
  );
