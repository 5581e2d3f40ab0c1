import { Inject, Injectable } from '@nestjs/common';
import { KafkaError, type KafkaSessions, type ProduceRecord, type RecordResult } from '@postern/kafka';
import type { Caller } from '../authn/caller.js';
import { KAFKA_SESSIONS } from '../wiring/tokens.js';

/** Writes records as the caller. Every record has its own result, in the order of the records (Must 9). */
@Injectable()
export class Produce {
  constructor(@Inject(KAFKA_SESSIONS) private readonly sessions: KafkaSessions) {}

  /** @throws KafkaError when nothing could be tried at all: no broker, no credential, a refused token */
  records(caller: Caller, clusterId: string, records: readonly ProduceRecord[]): Promise<readonly RecordResult[]> {
    return this.sessions.withSessionFor(caller.forCluster(clusterId), clusterId, (session) => session.produce(records));
  }

  /**
   * The same, after looking whether the topic has every partition that a record names: nothing is written when one is
   * not there. @throws KafkaError UNKNOWN_TOPIC, UNKNOWN_PARTITION
   */
  recordsOfOneTopic(caller: Caller, clusterId: string, topic: string, records: readonly ProduceRecord[]): Promise<readonly RecordResult[]> {
    return this.sessions.withSessionFor(caller.forCluster(clusterId), clusterId, async (session) => {
      const named = new Set(records.flatMap(({ partition }) => (partition === null ? [] : [partition])));
      if (named.size > 0) {
        const { partitions } = await session.describeTopic(topic);
        for (const { partition } of partitions) named.delete(partition);
        if (named.size > 0) throw new KafkaError('UNKNOWN_PARTITION', { resource: topic });
      }
      return session.produce(records);
    });
  }
}
