import { KafkaError } from '../../errors/kafka-error.js';
import type { TopicDetail, TopicOutcome } from '../../session/admin/topics.admin.port.js';
import { type AdminCall, itemError, outcomeOf, withAdmitted } from '../admin.call.js';
import { METADATA } from '../codecs.js';
import { authorizedOperations } from '../kafka.names.js';
import { readCall } from '../read.call.js';

type WireTopic = Awaited<ReturnType<typeof ask>>[number];

/** null: all that the caller may describe; those that the rule hides are left out, as Kafka leaves out what its ACLs hide. */
export const describeTopics = async (call: AdminCall, topics: readonly string[] | null): Promise<readonly TopicOutcome<TopicDetail>[]> => {
  if (topics === null) {
    const all = (await ask(call, null)).filter(({ name }) => call.ruled(name ?? '', 'describe') === null);
    return all.map(toOutcome).sort((a, b) => (a.topic < b.topic ? -1 : 1));
  }
  return withAdmitted(
    call,
    topics,
    'describe',
    (topic) => topic,
    (topic, error): TopicOutcome<TopicDetail> => ({ topic, kind: 'failed', error }),
    async (admitted) => {
      const found = new Map((await ask(call, [...new Set(admitted)])).map((topic) => [topic.name, topic]));
      return admitted.map((topic) => {
        const answer = found.get(topic);
        return answer === undefined ? { topic, kind: 'failed', error: new KafkaError('UNKNOWN_TOPIC', { resource: topic }) } : toOutcome(answer);
      });
    },
  );
};

const ask = async ({ connections, clock, deadline }: AdminCall, topics: string[] | null) => {
  const answer = await readCall(connections, clock, METADATA, [topics, false, true], deadline);
  connections.learn(answer.brokers);
  return answer.topics;
};

const toOutcome = (topic: WireTopic): TopicOutcome<TopicDetail> => {
  const name = topic.name ?? '';
  const partitions = topic.partitions
    .map(({ partitionIndex, leaderId, leaderEpoch, replicaNodes, isrNodes, offlineReplicas }) => ({ partition: partitionIndex, leader: leaderId, leaderEpoch, replicas: replicaNodes, inSync: isrNodes, offline: offlineReplicas }))
    .sort((a, b) => a.partition - b.partition);
  const detail = { topicId: topic.topicId, internal: topic.isInternal, partitions, authorizedOperations: authorizedOperations(topic.topicAuthorizedOperations) };
  return { topic: name, ...outcomeOf(itemError(topic, 'topic', name), detail) };
};
