import { Inject, Injectable } from '@nestjs/common';
import type { ConfigEntry, KafkaSessions, PartitionDescription } from '@postern/kafka';
import type { Caller } from '../authn/caller.js';
import { KAFKA_SESSIONS } from '../wiring/tokens.js';

export interface TopicDetail {
  readonly name: string;
  readonly configs: readonly ConfigEntry[];
  readonly partitions: readonly PartitionDescription[];
}

/** What a caller may see of a cluster's topics. Kafka's answers, filtered by Kafka's ACLs. */
@Injectable()
export class Topics {
  constructor(@Inject(KAFKA_SESSIONS) private readonly sessions: KafkaSessions) {}

  /** Names that the caller may describe; Kafka's own topics are left out unless they are asked for. */
  names(caller: Caller, clusterId: string, withInternal = false): Promise<readonly string[]> {
    return this.sessions.withSessionFor(caller.forCluster(clusterId), clusterId, async (session) => {
      const topics = await session.listTopics();
      return topics.filter((topic) => withInternal || !topic.internal).map((topic) => topic.name);
    });
  }

  /** @throws KafkaError UNKNOWN_TOPIC, TOPIC_AUTHORIZATION_FAILED (the settings need DESCRIBE_CONFIGS) */
  detail(caller: Caller, clusterId: string, topic: string): Promise<TopicDetail> {
    return this.sessions.withSessionFor(caller.forCluster(clusterId), clusterId, async (session) => {
      const { name, partitions } = await session.describeTopic(topic);
      const configs = await session.topicConfigs(topic);
      return { name, partitions, configs };
    });
  }

  partitions(caller: Caller, clusterId: string, topic: string): Promise<readonly PartitionDescription[]> {
    return this.sessions.withSessionFor(caller.forCluster(clusterId), clusterId, async (session) => (await session.describeTopic(topic)).partitions);
  }
}
