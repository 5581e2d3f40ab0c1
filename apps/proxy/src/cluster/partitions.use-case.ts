import { Inject, Injectable } from '@nestjs/common';
import { KafkaError, type BrokerDescription, type KafkaSession, type KafkaSessions, type PartitionDescription } from '@postern/kafka';
import type { Caller } from '../authn/caller.js';
import { KAFKA_SESSIONS } from '../wiring/tokens.js';

/** A partition with the bounds of its log and the brokers that it names. */
export interface PartitionDetail extends PartitionDescription {
  readonly earliest: bigint;
  /** The offset that the next committed record will get. */
  readonly latest: bigint;
}

export interface TopicPartitions {
  readonly partitions: readonly PartitionDetail[];
  readonly brokers: ReadonlyMap<number, BrokerDescription>;
}

/** Brokers, and partitions with their offsets, as the caller may see them. */
@Injectable()
export class Partitions {
  constructor(@Inject(KAFKA_SESSIONS) private readonly sessions: KafkaSessions) {}

  brokers(caller: Caller, clusterId: string): Promise<readonly BrokerDescription[]> {
    return this.sessions.withSessionFor(caller.forCluster(clusterId), clusterId, (session) => session.describeBrokers());
  }

  /** @param only one partition; null for all. @throws KafkaError UNKNOWN_TOPIC, UNKNOWN_PARTITION, ... */
  ofTopic(caller: Caller, clusterId: string, topic: string, only: number | null): Promise<TopicPartitions> {
    return this.sessions.withSessionFor(caller.forCluster(clusterId), clusterId, async (session) => {
      const described = await session.describeTopic(topic);
      const wanted = only === null ? described.partitions : described.partitions.filter(({ partition }) => partition === only);
      if (wanted.length === 0) throw new KafkaError('UNKNOWN_PARTITION', { resource: topic });
      const [bounds, brokers] = await Promise.all([logBounds(session, topic, wanted), session.describeBrokers()]);
      return {
        brokers: new Map(brokers.map((broker) => [broker.id, broker])),
        partitions: wanted.map((partition) => ({ ...partition, ...bounds(partition.partition) })),
      };
    });
  }
}

const logBounds = async (session: KafkaSession, topic: string, partitions: readonly PartitionDescription[]) => {
  const numbers = partitions.map(({ partition }) => partition);
  const [earliest, latest] = await Promise.all([session.offsets(topic, numbers, 'earliest'), session.offsets(topic, numbers, 'latest')]);
  return (partition: number) => ({ earliest: earliest.get(partition) ?? 0n, latest: latest.get(partition) ?? 0n });
};
