import { KafkaError } from '../errors/kafka-error.js';
import { fromBrokerCode } from '../errors/from-broker-code.js';
import type { BrokerConnections } from '../protocol/broker.connections.js';
import { DESCRIBE_CONFIGS } from '../protocol/codecs.js';
import type { Timers } from '../protocol/deadline.js';
import { FetchLanes } from '../protocol/fetch/fetch.lanes.js';
import { fetchPartition } from '../protocol/fetch/partition.fetch.js';
import type { ClusterMetadata, MetadataCache, TopicMetadata } from '../protocol/metadata.cache.js';
import { listOffsets } from '../protocol/offsets/list-offsets.js';
import { Accumulator } from '../protocol/produce/accumulator.js';
import { newIdentity } from '../protocol/produce/producer.identity.js';
import { ByteBudget } from '../protocol/produce/byte-budget.js';
import { readCall } from '../protocol/read.call.js';
import { createTopic } from '../protocol/topics/create-topic.js';
import type { Clock, SessionLimits } from './cluster-settings.js';
import type { KafkaCredentialSource } from './kafka-credential.js';
import { type PrincipalWiringContext, wirePrincipal } from './principal.wiring.js';
import type { BrokerDescription, ConfigEntry, CreatedTopic, FetchRequest, FetchResult, NewTopic, OffsetQuery, ProduceRecord, RecordResult } from './session.port.js';
import type { ProducerSettings } from './producer.settings.js';
import type { TokenHolder } from './token.holder.js';

export interface PrincipalSessionContext extends PrincipalWiringContext {
  readonly limits: SessionLimits;
  readonly processBudget: ByteBudget;
  readonly producer: ProducerSettings;
}

const TOPIC_RESOURCE = 2;

/** One principal's connections, tokens, metadata and waiting records on one cluster. Knows no topic rule: that is each lease's. */
export class PrincipalSession {
  readonly tokens: TokenHolder;
  readonly #context: PrincipalSessionContext;
  readonly #connections: BrokerConnections;
  readonly #metadata: MetadataCache;
  readonly #accumulator: Accumulator;
  readonly #lanes: FetchLanes;
  readonly #throttledUntil: () => number;
  #state: 'new' | 'connected' | 'broken' = 'new';

  /** @throws KafkaError UNKNOWN_CLUSTER when the source names a listener that the cluster has not */
  constructor(source: KafkaCredentialSource, context: PrincipalSessionContext) {
    const { cluster, clock, timers, observe } = context;
    this.#context = context;
    const wired = wirePrincipal(source, context, {
      principalChanged: () => (this.#state = 'broken'),
      connected: () => {
        if (this.#state === 'new') this.#state = 'connected';
      },
    });
    this.tokens = wired.tokens;
    this.#connections = wired.connections;
    this.#metadata = wired.metadata;
    this.#throttledUntil = wired.throttledUntil;
    this.#lanes = new FetchLanes(this.#connections, timers);
    this.#accumulator = new Accumulator({
      connections: this.#connections,
      metadata: this.#metadata,
      producer: context.producer,
      identity: (deadline) => newIdentity(this.#connections, clock, deadline),
      budget: new ByteBudget(context.limits.bufferBytesPerSession, context.processBudget),
      clock,
      timers,
      defect: (error) => observe({ kind: 'defect', clusterId: cluster.id, at: 'produce', error: error instanceof Error ? error.name : typeof error }),
    });
  }

  get clusterId(): string {
    return this.#context.cluster.id;
  }

  /** new: nothing was ever opened, so nothing is lost by dropping it; broken: must not serve another request. */
  get state(): 'new' | 'connected' | 'broken' {
    return this.#state;
  }

  produce(records: readonly ProduceRecord[], deadline: number): Promise<readonly RecordResult[]> {
    return this.#accumulator.produce(records, deadline);
  }

  fetch(request: FetchRequest, deadline: number): Promise<FetchResult> {
    return fetchPartition({ ...this.wiring, lanes: this.#lanes }, request, deadline);
  }

  offsets(topic: string, partitions: readonly number[], at: OffsetQuery, deadline: number): Promise<ReadonlyMap<number, bigint | null>> {
    return listOffsets(this.wiring, topic, partitions, at, deadline);
  }

  createTopic(topic: NewTopic, deadline: number): Promise<CreatedTopic> {
    return createTopic(this.wiring, topic, deadline);
  }

  /** Never from the cache: an administrator who has just created a topic wants to see it. */
  describeTopic(topic: string, deadline: number): Promise<TopicMetadata> {
    return this.#metadata.fresh(topic, deadline);
  }

  listTopics(deadline: number): Promise<ClusterMetadata> {
    return this.#metadata.ask(null, deadline);
  }

  async describeBrokers(deadline: number): Promise<readonly BrokerDescription[]> {
    const { brokers } = await this.#metadata.ask([], deadline);
    return brokers.map(({ nodeId, host, port, rack }) => ({ id: nodeId, host, port, rack })).sort((a, b) => a.id - b.id);
  }

  async topicConfigs(topic: string, deadline: number): Promise<readonly ConfigEntry[]> {
    const { results } = await readCall(this.#connections, this.#context.clock, DESCRIBE_CONFIGS, [[{ resourceType: TOPIC_RESOURCE, resourceName: topic, configurationKeys: null }], false, false], deadline);
    const result = results.find(({ resourceName }) => resourceName === topic);
    if (result === undefined) throw new KafkaError('BROKER_OTHER', { resource: topic });
    if (result.errorCode !== 0) {
      throw new KafkaError(fromBrokerCode(result.errorCode, 'topic'), { resource: topic, brokerCode: result.errorCode, brokerText: result.errorMessage ?? undefined });
    }
    return result.configs
      .map(({ name, value, isSensitive }) => ({ name, value: isSensitive ? null : (value ?? null), sensitive: isSensitive }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** What calls that are not the session's own to make stand on: administration. */
  get wiring(): { connections: BrokerConnections; metadata: MetadataCache; clock: Clock; timers: Timers; throttledUntil: () => number } {
    const { clock, timers } = this.#context;
    return { connections: this.#connections, metadata: this.#metadata, clock, timers, throttledUntil: this.#throttledUntil };
  }

  destroy(): void {
    this.#connections.close();
  }
}
