import { createPartitionsV2, createPartitionsV3 } from '@platformatic/kafka';
import { KafkaError } from '../../errors/kafka-error.js';
import type { PartitionGrowth, TopicOutcome } from '../../session/admin/topics.admin.port.js';
import { type AdminCall, brokerTimeout, itemError, outcomeOf, withAdmitted } from '../admin.call.js';
import { changeCall } from '../change.call.js';
import { type Api, codec } from '../codecs.js';

const CREATE_PARTITIONS: Api<Parameters<typeof createPartitionsV3.createRequest>, ReturnType<typeof createPartitionsV3.parseResponse>> = {
  key: 37,
  name: 'CreatePartitions',
  codecs: [codec(createPartitionsV3), codec(createPartitionsV2 as unknown as typeof createPartitionsV3)],
};

/** Two growths of one topic in one call are refused by the broker, both. */
export const createPartitions = (call: AdminCall, growths: readonly PartitionGrowth[], validateOnly: boolean): Promise<readonly TopicOutcome[]> =>
  withAdmitted(
    call,
    growths,
    'alter',
    ({ topic }) => topic,
    ({ topic }, error): TopicOutcome => ({ topic, kind: 'failed', error }),
    async (admitted) => {
      const { connections, clock, deadline, metadata } = call;
      // Unsaid is null: an empty list would be an assignment of nothing.
      const topics = admitted.map(({ topic, count, assignments }) => ({ name: topic, count, assignments: assignments?.map((brokerIds) => ({ brokerIds: [...brokerIds] })) ?? null }));
      const { results, throttleTimeMs } = await changeCall(connections, clock, CREATE_PARTITIONS, [topics, brokerTimeout(call), validateOnly], deadline);
      const answers = new Map(results.map((answer) => [answer.name, answer]));
      return admitted.map(({ topic }) => {
        metadata.forget(topic);
        const answer = answers.get(topic);
        return { topic, ...outcomeOf(answer === undefined ? new KafkaError('OUTCOME_UNKNOWN', { resource: topic }) : itemError(answer, 'topic', topic, throttleTimeMs), {}) };
      });
    },
  );
