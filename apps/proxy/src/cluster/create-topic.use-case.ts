import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { isKafkaError, type CreatedTopic, type KafkaSession, type KafkaSessions, type NewTopic } from '@postern/kafka';
import type { Caller } from '../authn/caller.js';
import { KAFKA_SESSIONS } from '../wiring/tokens.js';

const LEADERS_MS = 8_000;
const LOOK_EVERY_MS = 100;

/** Makes a topic as the caller; Kafka's ACLs and policies decide. */
@Injectable()
export class CreateTopic {
  constructor(@Inject(KAFKA_SESSIONS) private readonly sessions: KafkaSessions) {}

  /**
   * Answers when every partition has a leader, or after 8 s in all (callers give up after 10): a caller that goes on at once finds the topic ready.
   * @throws KafkaError TOPIC_ALREADY_EXISTS, INVALID_*, POLICY_VIOLATION, *_AUTHORIZATION_FAILED
   */
  run(caller: Caller, clusterId: string, topic: NewTopic): Promise<CreatedTopic> {
    return this.sessions.withSessionFor(caller.forCluster(clusterId), clusterId, async (session) => {
      const until = performance.now() + LEADERS_MS;
      const created = await session.createTopic(topic);
      await leadersExist(session, topic.name, until);
      return created;
    });
  }
}

const leadersExist = async (session: KafkaSession, topic: string, until: number): Promise<void> => {
  for (; performance.now() < until; await delay(LOOK_EVERY_MS)) {
    try {
      const { partitions } = await session.describeTopic(topic);
      if (partitions.length > 0 && partitions.every(({ leader }) => leader >= 0)) return;
    } catch (error) {
      // May create and may not describe: there is nothing to wait for that this caller could see.
      if (isKafkaError(error) && error.code === 'TOPIC_AUTHORIZATION_FAILED') return;
      if (!isKafkaError(error) || error.code !== 'UNKNOWN_TOPIC') throw error;
    }
  }
};
