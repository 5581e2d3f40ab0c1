import { deleteTopicsV5, deleteTopicsV6 } from '@platformatic/kafka';
import type { TopicOutcome } from '../../session/admin/topics.admin.port.js';
import { KafkaError } from '../../errors/kafka-error.js';
import { type AdminCall, brokerTimeout, itemError, outcomeOf, withAdmitted } from '../admin.call.js';
import { changeCall } from '../change.call.js';
import { type Api, codec } from '../codecs.js';

// Version 5 has one list of names, which the library's codec takes in the form of version 6.
const DELETE_TOPICS: Api<Parameters<typeof deleteTopicsV6.createRequest>, ReturnType<typeof deleteTopicsV6.parseResponse>> = {
  key: 20,
  name: 'DeleteTopics',
  codecs: [codec(deleteTopicsV6), codec(deleteTopicsV5 as unknown as typeof deleteTopicsV6)],
};

export const deleteTopics = (call: AdminCall, topics: readonly string[]): Promise<readonly TopicOutcome[]> =>
  withAdmitted(
    call,
    topics,
    'delete',
    (topic) => topic,
    (topic, error): TopicOutcome => ({ topic, kind: 'failed', error }),
    async (admitted) => {
      const { connections, clock, deadline, metadata } = call;
      const wanted = [...new Set(admitted)];
      const { responses, throttleTimeMs } = await changeCall(connections, clock, DELETE_TOPICS, [wanted.map((name) => ({ name })), brokerTimeout(call)], deadline);
      const answers = new Map(responses.map((answer) => [answer.name, answer]));
      for (const name of wanted) metadata.forget(name);
      return admitted.map((topic) => {
        const answer = answers.get(topic);
        return { topic, ...outcomeOf(answer === undefined ? new KafkaError('OUTCOME_UNKNOWN', { resource: topic }) : itemError(answer, 'topic', topic, throttleTimeMs), {}) };
      });
    },
  );
