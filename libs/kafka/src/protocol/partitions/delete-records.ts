import { deleteRecordsV2 } from '@platformatic/kafka';
import { fromBrokerCode } from '../../errors/from-broker-code.js';
import { KafkaError, isKafkaError } from '../../errors/kafka-error.js';
import type { Each, PartitionName } from '../../session/admin/outcome.js';
import { ConnectionFault } from '../../transports/transport.js';
import { type AdminCall, brokerTimeout, withAdmitted } from '../admin.call.js';
import { type Api, codec } from '../codecs.js';
import { type LeaderAnswer, askLeader } from '../leader.call.js';

const DELETE_RECORDS: Api<Parameters<typeof deleteRecordsV2.createRequest>, ReturnType<typeof deleteRecordsV2.parseResponse>> = { key: 21, name: 'DeleteRecords', codecs: [codec(deleteRecordsV2)] };

const UP_TO_THE_END = -1n;

export interface DeletionWish extends PartitionName {
  readonly before: bigint | 'end';
}

type Deleted = Each<PartitionName, { readonly start: bigint }>;

/** Each partition at its leader. Doing it twice changes nothing more, except for 'end', which is not repeated once it was sent. */
export const deleteRecords = (call: AdminCall, wishes: readonly DeletionWish[]): Promise<readonly Deleted[]> =>
  withAdmitted(
    call,
    wishes,
    'delete',
    ({ topic }) => topic,
    ({ topic, partition }, error): Deleted => ({ topic, partition, kind: 'failed', error }),
    (admitted) =>
      Promise.all(
        admitted.map(async (wish): Promise<Deleted> => {
          const { topic, partition } = wish;
          try {
            return { topic, partition, kind: 'done', start: await askLeader(call, topic, partition, call.deadline, (nodeId) => deleteOnce(call, nodeId, wish)) };
          } catch (error) {
            if (isKafkaError(error)) return { topic, partition, kind: 'failed', error };
            throw error;
          }
        }),
      ),
  );

const deleteOnce = async (call: AdminCall, nodeId: number, { topic, partition, before }: DeletionWish): Promise<LeaderAnswer<bigint>> => {
  const connection = await call.connections.toNode('work', nodeId, call.deadline);
  const offset = before === 'end' ? UP_TO_THE_END : before;
  const resource = `${topic}-${partition}`;
  try {
    const { topics } = await connection.request(DELETE_RECORDS, [[{ name: topic, partitions: [{ partitionIndex: partition, offset }] }], brokerTimeout(call)], call.deadline);
    const answer = topics[0]?.partitions[0];
    if (answer?.errorCode === 0) return { kind: 'done', value: answer.lowWatermark };
    const brokerCode = answer?.errorCode ?? -1;
    return { kind: 'failed', brokerCode, error: new KafkaError(fromBrokerCode(brokerCode, 'partition'), { resource, brokerCode }) };
  } catch (error) {
    if (before === 'end' && error instanceof ConnectionFault && error.written) throw new KafkaError('OUTCOME_UNKNOWN', { resource }, { cause: error });
    throw error;
  }
};
