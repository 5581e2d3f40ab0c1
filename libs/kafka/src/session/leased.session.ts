import { KafkaError, isKafkaError } from '../errors/kafka-error.js';
import { fromLibrary } from '../errors/from-library.js';
import type { AdminCall } from '../protocol/admin.call.js';
import type { KafkaAdmin } from './admin/admin.port.js';
import { leasedAdmin } from './admin/leased.admin.js';
import type { TopicOperation, TopicRule } from './kafka-credential.js';
import type { PrincipalSession } from './principal.session.js';
import type {
  BrokerDescription,
  CallOptions,
  ConfigEntry,
  CreatedTopic,
  FetchRequest,
  FetchResult,
  KafkaSession,
  NewTopic,
  OffsetQuery,
  ProduceRecord,
  RecordResult,
  TopicDescription,
} from './session.port.js';
import { ruleRefusal, topicRefusal } from './topic.refusal.js';

/** What a lease needs of the session behind it. */
export type SessionWork = Pick<PrincipalSession, 'clusterId' | 'produce' | 'fetch' | 'offsets' | 'createTopic' | 'describeTopic' | 'listTopics' | 'describeBrokers' | 'topicConfigs' | 'wiring'>;

/**
 * What `use` gets: the caller's session for as long as `use` runs, with the caller's topic rule asked for every topic name (I25).
 * Once the lease has ended every call throws: a session that was kept must not outlive the request that was admitted.
 */
export class LeasedSession implements KafkaSession {
  readonly clusterId: string;
  #admin: KafkaAdmin | null = null;
  readonly #session: SessionWork;
  readonly #topics: TopicRule;
  readonly #defaultDeadline: () => number;
  #ended = false;

  constructor(session: SessionWork, topics: TopicRule, defaultDeadline: () => number) {
    this.clusterId = session.clusterId;
    this.#session = session;
    this.#topics = topics;
    this.#defaultDeadline = defaultDeadline;
  }

  /** Made when it is first asked for: most leases write one record, and seventy functions for each would cost more than the record. */
  get admin(): KafkaAdmin {
    return (this.#admin ??= leasedAdmin((options, run) => this.#call(options, (deadline) => run(this.#adminCall(deadline)))));
  }

  throttledUntil(): number {
    return this.#session.wiring.throttledUntil();
  }

  end(): void {
    this.#ended = true;
  }

  listTopics(options?: CallOptions): Promise<readonly { readonly name: string; readonly internal: boolean }[]> {
    return this.#call(options, async (deadline) => {
      const { topics } = await this.#session.listTopics(deadline);
      const listed = topics.flatMap((topic) => (topic.kind === 'known' && this.#topics.admits(topic.name, 'describe') ? [{ name: topic.name, internal: topic.internal }] : []));
      return listed.sort((a, b) => (a.name < b.name ? -1 : 1));
    });
  }

  describeTopic(topic: string, options?: CallOptions): Promise<TopicDescription> {
    return this.#call(options, async (deadline) => {
      this.#mayUse(topic, 'describe');
      const found = await this.#session.describeTopic(topic, deadline);
      if (found.kind === 'failed') throw found.error;
      return { name: found.name, internal: found.internal, partitions: [...found.partitions.values()] };
    });
  }

  describeBrokers(options?: CallOptions): Promise<readonly BrokerDescription[]> {
    return this.#call(options, (deadline) => this.#session.describeBrokers(deadline));
  }

  topicConfigs(topic: string, options?: CallOptions): Promise<readonly ConfigEntry[]> {
    return this.#call(options, (deadline) => {
      this.#mayUse(topic, 'describe-configs');
      return this.#session.topicConfigs(topic, deadline);
    });
  }

  produce(records: readonly ProduceRecord[], options?: CallOptions): Promise<readonly RecordResult[]> {
    return this.#call(options, async (deadline) => {
      const refusals = new Map<string, KafkaError | null>();
      for (const { topic } of records) if (!refusals.has(topic)) refusals.set(topic, this.#refusal(topic, 'write'));
      if ([...refusals.values()].every((refusal) => refusal === null)) return this.#session.produce(records, deadline);
      // A record that may not be written fails alone; the others go on, in their order.
      const stored = await this.#session.produce(records.filter(({ topic }) => refusals.get(topic) === null), deadline);
      let next = 0;
      return records.map(({ topic }): RecordResult => {
        const error = refusals.get(topic) ?? null;
        return error === null ? (stored[next++] as RecordResult) : { kind: 'failed', error };
      });
    });
  }

  fetch(request: FetchRequest, options?: CallOptions): Promise<FetchResult> {
    return this.#call(options, (deadline) => {
      this.#mayUse(request.topic, 'read');
      return this.#session.fetch(request, deadline);
    });
  }

  offsets(topic: string, partitions: readonly number[], at: OffsetQuery, options?: CallOptions): Promise<ReadonlyMap<number, bigint | null>> {
    return this.#call(options, (deadline) => {
      this.#mayUse(topic, 'describe');
      return this.#session.offsets(topic, partitions, at, deadline);
    });
  }

  createTopic(topic: NewTopic, options?: CallOptions): Promise<CreatedTopic> {
    return this.#call(options, (deadline) => {
      this.#mayUse(topic.name, 'create');
      return this.#session.createTopic(topic, deadline);
    });
  }

  #adminCall(deadline: number): AdminCall {
    return {
      ...this.#session.wiring,
      deadline,
      refusal: (topic, operation) => this.#refusal(topic, operation),
      ruled: (name, operation) => ruleRefusal(this.#topics, name, operation),
    };
  }

  #refusal(topic: string, operation: TopicOperation): KafkaError | null {
    return topicRefusal(this.#topics, topic, operation);
  }

  #mayUse(topic: string, operation: TopicOperation): void {
    const refusal = this.#refusal(topic, operation);
    if (refusal !== null) throw refusal;
  }

  async #call<T>(options: CallOptions | undefined, run: (deadline: number) => Promise<T>): Promise<T> {
    if (this.#ended) throw new Error('a Kafka session was used after its lease had ended');
    try {
      return await run(options?.deadline ?? this.#defaultDeadline());
    } catch (error) {
      throw isKafkaError(error) ? error : fromLibrary(error);
    }
  }
}
