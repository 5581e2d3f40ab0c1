import type { PartitionDescription } from '@postern/kafka';
import type { TopicDetail } from '../cluster/topics.use-case.js';

/** Wire shapes of REST v2 (Confluent contract §1.2). */
export const partitionBody = (partition: PartitionDescription) => ({
  partition: partition.partition,
  leader: partition.leader,
  replicas: partition.replicas.map((broker) => ({ broker, leader: broker === partition.leader, in_sync: partition.inSync.includes(broker) })),
});

export const topicBody = (topic: TopicDetail) => ({
  name: topic.name,
  configs: Object.fromEntries(topic.configs.map(({ name, value }) => [name, value])),
  partitions: topic.partitions.map(partitionBody),
});
