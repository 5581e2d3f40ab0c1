import { Inject, Injectable } from '@nestjs/common';
import type { KafkaSessions } from '@postern/kafka';
import type { Caller } from '../authn/caller.js';
import { KAFKA_SESSIONS } from '../wiring/tokens.js';

/** Takes a topic away as the caller; Kafka's ACLs and the broker's delete.topic.enable decide. */
@Injectable()
export class DeleteTopic {
  constructor(@Inject(KAFKA_SESSIONS) private readonly sessions: KafkaSessions) {}

  /** @throws KafkaError UNKNOWN_TOPIC, TOPIC_AUTHORIZATION_FAILED, ... */
  run(caller: Caller, clusterId: string, topic: string): Promise<void> {
    return this.sessions.withSessionFor(caller.forCluster(clusterId), clusterId, async ({ admin }) => {
      const [outcome] = await admin.topics.delete([topic]);
      if (outcome?.kind === 'failed') throw outcome.error;
    });
  }
}
