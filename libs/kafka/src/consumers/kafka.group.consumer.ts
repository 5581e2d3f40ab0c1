import { fromBrokerCode } from '../errors/from-broker-code.js';
import { KafkaError, isKafkaError } from '../errors/kafka-error.js';
import { fromLibrary } from '../errors/from-library.js';
import { pause } from '../protocol/deadline.js';
import { NO_MEMBER, commitOffsets, committedOffsets, partitionKey } from '../protocol/groups/group-offsets.js';
import type { GroupCoordinator } from '../protocol/groups/group.coordinator.js';
import { type Generation, Membership, type MembershipSettings } from '../protocol/groups/membership.js';
import { type ListOffsetsContext, listOffsets } from '../protocol/offsets/list-offsets.js';
import type { PositionsFetchContext } from '../protocol/fetch/positions.fetch.js';
import type { KafkaCaller, KafkaCredentialSource } from '../session/kafka-credential.js';
import type { CallOptions, OffsetQuery } from '../session/session.port.js';
import { topicRefusal } from '../session/topic.refusal.js';
import type { CommitResult, ConsumedRecord, GroupConsumer, GroupConsumerSettings, PartitionOffset, PollLimits, TopicPartition } from './group.consumer.port.js';
import { PartitionPositions } from './partition.positions.js';
import { pollRound } from './poll.round.js';
import { Turns } from './turns.js';

/** A long poll is many short ones: with several leaders one that has records must not wait long for the others. */
const POLL_SLICE_MS = 250;
const ANSWER_MARGIN_MS = 250;

export interface GroupConsumerContext extends PositionsFetchContext, ListOffsetsContext {
  readonly coordinator: GroupCoordinator;
  readonly brokerDeadlineMs: number;
  readonly membership: MembershipSettings;
  readonly throttledUntil: () => number;
  readonly reset: GroupConsumerSettings['reset'];
  readonly adopt: (source: KafkaCredentialSource) => void;
  readonly end: () => void;
}

type Mode = { readonly kind: 'none' } | { readonly kind: 'assigned' } | { readonly kind: 'subscribed'; readonly topics: readonly string[]; readonly membership: Membership };

/** The consumer of `group.consumer.port.ts` over the protocol layer. */
export class KafkaGroupConsumer implements GroupConsumer {
  readonly #context: GroupConsumerContext;
  readonly #positions = new PartitionPositions();
  readonly #turns: Turns;
  #mode: Mode = { kind: 'none' };
  /** The generation that the positions belong to. */
  #generation: Generation | null = null;
  #closed = false;

  constructor(context: GroupConsumerContext) {
    this.#context = context;
    this.#turns = new Turns(context.timers);
  }

  get groupId(): string {
    return this.#context.coordinator.groupId;
  }

  subscription(): readonly string[] {
    return this.#mode.kind === 'subscribed' ? this.#mode.topics : [];
  }

  assignment(): readonly TopicPartition[] {
    this.#syncPositions();
    return this.#positions.all;
  }

  subscribe(caller: KafkaCaller, topics: readonly string[]): Promise<void> {
    return this.#call(caller, {}, async () => {
      for (const topic of topics) mayRead(caller, topic);
      if (this.#mode.kind === 'assigned') throw this.#wrongState();
      const membership = this.#mode.kind === 'subscribed' ? this.#mode.membership : this.#newMembership();
      this.#mode = { kind: 'subscribed', topics: [...topics], membership };
      membership.change([...topics]);
      this.#syncPositions();
      // Begun now, so that the first poll need not wait for the whole of it; what goes wrong the poll will meet.
      membership.stable(this.#context.clock.now() + this.#context.brokerDeadlineMs).catch(() => undefined);
    });
  }

  assign(caller: KafkaCaller, partitions: readonly TopicPartition[], options: CallOptions = {}): Promise<void> {
    return this.#call(caller, options, async () => {
      for (const { topic } of partitions) mayRead(caller, topic);
      if (this.#mode.kind === 'subscribed') throw this.#wrongState();
      this.#mode = { kind: 'assigned' };
      this.#positions.replace(partitions);
    });
  }

  unsubscribe(caller: KafkaCaller, options: CallOptions = {}): Promise<void> {
    return this.#call(caller, options, (deadline) => this.#forgetAll(deadline));
  }

  poll(caller: KafkaCaller, limits: PollLimits, options: CallOptions = {}): Promise<readonly ConsumedRecord[]> {
    const { clock, timers, brokerDeadlineMs } = this.#context;
    const deadline = options.deadline ?? clock.now() + brokerDeadlineMs + limits.maxWaitMs;
    return this.#call(caller, { deadline }, async () => {
      if (this.#mode.kind === 'none') throw this.#wrongState();
      const until = Math.min(clock.now() + limits.maxWaitMs, deadline - ANSWER_MARGIN_MS);
      for (;;) {
        if (!(await this.#isOwner(until))) return [];
        for (const topic of this.#positions.topics) mayRead(caller, topic);
        const generation = this.#generation;
        await this.#settle(deadline);
        const waitMs = Math.max(0, Math.min(POLL_SLICE_MS, until - clock.now()));
        const round = await pollRound(this.#context, this.#positions, limits, waitMs, deadline);
        // A rebalance came between: these records may be another member's by now, so they were never given.
        this.#syncPositions();
        if (generation === this.#generation) {
          for (const { position } of round.outOfRange) this.#positions.lose(position);
          round.settle();
          if (round.records.length > 0) return round.records;
        }
        if (!round.moved && clock.now() >= until) return [];
        // More members than partitions, or every leader away.
        if (!round.answered && waitMs > 0) await pause(timers, waitMs);
      }
    });
  }

  seek(caller: KafkaCaller, offsets: readonly PartitionOffset[]): Promise<void> {
    return this.#call(caller, {}, async () => {
      this.#mustOwn(offsets);
      for (const one of offsets) this.#positions.set(one, one.offset);
    });
  }

  seekTo(caller: KafkaCaller, partitions: readonly TopicPartition[], at: OffsetQuery, options: CallOptions = {}): Promise<void> {
    return this.#call(caller, options, async (deadline) => {
      this.#mustOwn(partitions);
      for (const [topic, own] of Map.groupBy(partitions, (one) => one.topic)) {
        const numbers = own.map(({ partition }) => partition);
        const found = await listOffsets(this.#context, topic, numbers, at, deadline);
        const late = numbers.filter((partition) => found.get(partition) === null);
        const ends = late.length === 0 ? found : await listOffsets(this.#context, topic, late, 'latest', deadline);
        for (const one of own) this.#positions.set(one, found.get(one.partition) ?? ends.get(one.partition) ?? null);
      }
    });
  }

  commit(caller: KafkaCaller, offsets?: readonly PartitionOffset[], options: CallOptions = {}): Promise<readonly CommitResult[]> {
    return this.#call(caller, options, async (deadline) => {
      this.#syncPositions();
      const wanted = offsets ?? this.#positions.delivered;
      for (const { topic } of wanted) mayRead(caller, topic);
      if (this.#mode.kind === 'none' || (this.#mode.kind === 'subscribed' && this.#generation === null)) throw this.#wrongState();
      const own = wanted.filter((one) => this.#positions.has(one));
      const codes = new Map((await commitOffsets(this.#context.coordinator, this.#generation ?? NO_MEMBER, own, deadline)).map((one) => [partitionKey(one.topic, one.partition), one.brokerCode]));
      return wanted.map((one): CommitResult => {
        const code = codes.get(partitionKey(one.topic, one.partition));
        // Kafka itself would take an offset for a partition that is another member's, and undo that one's progress.
        if (code === undefined) return { ...one, kind: 'failed', error: this.#wrongState(`${one.topic}-${one.partition}`) };
        if (code === 0) return { ...one, kind: 'committed' };
        return { ...one, kind: 'failed', error: new KafkaError(fromBrokerCode(code, code === 3 ? 'partition' : 'group'), { resource: `${one.topic}-${one.partition}`, brokerCode: code }) };
      });
    });
  }

  committed(caller: KafkaCaller, partitions: readonly TopicPartition[], options: CallOptions = {}): Promise<readonly (TopicPartition & { readonly offset: bigint | null })[]> {
    return this.#call(caller, options, async (deadline) => {
      for (const { topic } of partitions) mayRead(caller, topic);
      const found = await committedOffsets(this.#context.coordinator, partitions, deadline);
      return partitions.map(({ topic, partition }) => ({ topic, partition, offset: found.get(partitionKey(topic, partition)) ?? null }));
    });
  }

  throttledUntil(): number {
    return this.#context.throttledUntil();
  }

  close(): Promise<void> {
    this.#closed = true;
    const { clock, brokerDeadlineMs, end } = this.#context;
    // Not in turn: a long poll under way ends with the connections. An unreachable coordinator notices by the session's time-out.
    return this.#forgetAll(clock.now() + brokerDeadlineMs)
      .catch(() => undefined)
      .finally(end);
  }

  /** Ends without a word to Kafka: its principal may not be shown there any more (I27). */
  abandon(): void {
    this.#closed = true;
    if (this.#mode.kind === 'subscribed') this.#mode.membership.abandon();
    this.#context.end();
  }

  async #forgetAll(deadline: number): Promise<void> {
    const mode = this.#mode;
    this.#mode = { kind: 'none' };
    this.#generation = null;
    this.#positions.replace([]);
    if (mode.kind === 'subscribed') await mode.membership.leave(deadline);
  }

  #newMembership(): Membership {
    const { coordinator, clock, timers, metadata, membership } = this.#context;
    const sizesOf = async (topics: readonly string[], deadline: number): Promise<ReadonlyMap<string, number>> => {
      const found = await Promise.all(topics.map((topic) => metadata.fresh(topic, deadline)));
      return new Map(found.flatMap((topic) => (topic.kind === 'known' ? [[topic.name, topic.partitions.size] as const] : [])));
    };
    return new Membership([], { coordinator, clock, timers, sizesOf, settings: membership });
  }

  /** Whether there is anything to read from now; false when joining takes longer than the poll may wait. */
  async #isOwner(until: number): Promise<boolean> {
    if (this.#mode.kind !== 'subscribed') return true;
    try {
      await this.#mode.membership.stable(until);
    } catch (error) {
      if (isKafkaError(error) && error.code === 'DEADLINE_EXCEEDED') return false;
      throw error;
    }
    this.#syncPositions();
    return true;
  }

  #syncPositions(): void {
    if (this.#mode.kind !== 'subscribed') return;
    const { generation } = this.#mode.membership;
    if (generation === this.#generation) return;
    this.#generation = generation;
    this.#positions.replace([...(generation?.partitions ?? [])].flatMap(([topic, numbers]) => numbers.map((partition) => ({ topic, partition }))));
  }

  /** A position for each partition that has none: the group's, else by the reset policy. */
  async #settle(deadline: number): Promise<void> {
    const open = this.#positions.unsettled;
    if (open.length === 0) return;
    const generation = this.#generation;
    // `assignment()` may find the next generation in between, whose positions another member has moved on.
    const isOver = (): boolean => generation !== this.#generation;
    const committed = await committedOffsets(this.#context.coordinator, open, deadline);
    if (isOver()) return;
    const fresh = open.filter((one) => {
      const offset = committed.get(partitionKey(one.topic, one.partition)) ?? null;
      if (offset === null || this.#positions.isGone(one)) return true;
      this.#positions.set(one, offset);
      return false;
    });
    const { reset } = this.#context;
    for (const [topic, own] of Map.groupBy(fresh, (one) => one.topic)) {
      if (reset === 'none') throw new KafkaError('OFFSET_OUT_OF_RANGE', { resource: topic });
      const found = await listOffsets(this.#context, topic, own.map(({ partition }) => partition), reset, deadline);
      if (isOver()) return;
      for (const one of own) this.#positions.set(one, found.get(one.partition) ?? null);
    }
  }

  #mustOwn(partitions: readonly TopicPartition[]): void {
    this.#syncPositions();
    const foreign = partitions.find((one) => !this.#positions.has(one));
    if (foreign !== undefined) throw this.#wrongState(`${foreign.topic}-${foreign.partition}`);
  }

  #wrongState(resource = this.groupId): KafkaError {
    return new KafkaError('ILLEGAL_GROUP_STATE', { resource });
  }

  #call<T>(caller: KafkaCaller, options: CallOptions, work: (deadline: number) => Promise<T>): Promise<T> {
    const { clock, brokerDeadlineMs, adopt } = this.#context;
    const deadline = options.deadline ?? clock.now() + brokerDeadlineMs;
    return this.#turns.take(deadline - clock.now(), async () => {
      if (this.#closed) throw new KafkaError('UNKNOWN_MEMBER', { resource: this.groupId });
      if (caller.credentials.proofUntil <= clock.now()) throw new KafkaError('CREDENTIAL_EXPIRED');
      adopt(caller.credentials);
      try {
        return await work(deadline);
      } catch (error) {
        throw isKafkaError(error) ? error : fromLibrary(error);
      }
    });
  }
}

const mayRead = ({ topics }: KafkaCaller, topic: string): void => {
  const refusal = topicRefusal(topics, topic, 'read');
  if (refusal !== null) throw refusal;
};
