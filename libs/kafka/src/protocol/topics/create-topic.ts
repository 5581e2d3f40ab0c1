import { createTopicsV5, createTopicsV6, createTopicsV7 } from '@platformatic/kafka';
import { KafkaError } from '../../errors/kafka-error.js';
import type { Clock } from '../../session/cluster-settings.js';
import type { CreatedTopic, NewTopic } from '../../session/session.port.js';
import type { BrokerConnections } from '../broker.connections.js';
import { itemError } from '../admin.call.js';
import { changeCall } from '../change.call.js';
import { type Api, codec } from '../codecs.js';
import { type Timers, pause } from '../deadline.js';
import type { MetadataCache, TopicMetadata } from '../metadata.cache.js';

type Args = Parameters<typeof createTopicsV7.createRequest>;
type Answer = ReturnType<typeof createTopicsV7.parseResponse>;

const CREATE_TOPICS: Api<Args, Answer> = {
  key: 19,
  name: 'CreateTopics',
  codecs: [codec(createTopicsV7), codec(createTopicsV6 as unknown as typeof createTopicsV7), codec(createTopicsV5 as unknown as typeof createTopicsV7)],
};

/** Kafka's word for "as the broker's defaults say", and for "see the assignments". */
const UNSAID = -1;
/** The controller has made the topic; the brokers learn of it within milliseconds. */
const VISIBLE_WITHIN_MS = 2_000;
const LOOK_AGAIN_MS = 20;

export interface CreateTopicContext {
  readonly connections: BrokerConnections;
  readonly metadata: Pick<MetadataCache, 'forget' | 'fresh'>;
  readonly clock: Clock;
  readonly timers: Timers;
}

/**
 * Makes one topic, and waits until this principal's metadata shows it, so that a produce right behind it succeeds.
 * Never merged with another caller's create: of two for one name exactly one succeeds.
 * @throws KafkaError with the broker's own text
 */
export const createTopic = async (context: CreateTopicContext, topic: NewTopic, deadline: number): Promise<CreatedTopic> => {
  const { connections, metadata, clock } = context;
  const { name, validateOnly = false } = topic;
  const { topics, throttleTimeMs } = await changeCall(connections, clock, CREATE_TOPICS, [[toWire(topic)], Math.max(1, deadline - clock.now()), validateOnly], deadline);
  const answer = topics.find((item) => item.name === name);
  if (answer === undefined) throw new KafkaError('OUTCOME_UNKNOWN', { resource: name });
  const error = itemError(answer, 'topic', name, throttleTimeMs);
  if (error !== null) throw error;
  metadata.forget(name);
  const seen = validateOnly ? null : await firstSight(context, name, Math.min(deadline, clock.now() + VISIBLE_WITHIN_MS));
  // Brokers tell the figures only to those who may also describe settings.
  return {
    name,
    partitions: firstKnown(answer.numPartitions, seen?.partitions.size, topic.partitions, topic.assignments?.size),
    replicationFactor: firstKnown(answer.replicationFactor, seen?.partitions.get(0)?.replicas.length, topic.replicationFactor, topic.assignments?.values().next().value?.length),
  };
};

const toWire = ({ name, partitions, replicationFactor, configs, assignments }: NewTopic): Args[0][number] => ({
  name,
  numPartitions: partitions ?? UNSAID,
  replicationFactor: replicationFactor ?? UNSAID,
  assignments: [...(assignments ?? [])].map(([partitionIndex, brokerIds]) => ({ partitionIndex, brokerIds: [...brokerIds] })),
  configs: [...configs].map(([key, value]) => ({ name: key, value })),
});

const firstKnown = (...figures: readonly (number | null | undefined)[]): number => figures.find((figure) => typeof figure === 'number' && figure > 0) ?? UNSAID;

type KnownTopic = Extract<TopicMetadata, { kind: 'known' }>;

/** null: not seen in time, or this principal may create but not describe. The topic is made all the same. */
const firstSight = async ({ metadata, clock, timers }: CreateTopicContext, name: string, until: number): Promise<KnownTopic | null> => {
  for (;;) {
    const topic = await metadata.fresh(name, until).catch(() => null);
    if (topic === null) return null;
    if (topic.kind === 'known' && [...topic.partitions.values()].every(({ leader }) => leader >= 0)) return topic;
    if (topic.kind === 'failed' && topic.error.code !== 'UNKNOWN_TOPIC' && topic.error.code !== 'BROKER_RETRIABLE') return null;
    if (clock.now() + LOOK_AGAIN_MS >= until) return null;
    await pause(timers, LOOK_AGAIN_MS);
  }
};
