import { KafkaError } from '../../errors/kafka-error.js';
import type { Clock } from '../../session/cluster-settings.js';
import { type Timers, pause, within } from '../deadline.js';
import { HEARTBEAT, JOIN_GROUP, LEAVE_GROUP, SYNC_GROUP, type TopicPartitions, decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription } from './group.apis.js';
import { type GroupCoordinator, groupError } from './group.coordinator.js';
import { RANGE, assignRanges } from './range.assignor.js';

const PROTOCOL_TYPE = 'consumer';
const ILLEGAL_GENERATION = 22;
const UNKNOWN_MEMBER = 25;
const REBALANCE = 27;
const MEMBER_ID_REQUIRED = 79;
const AGAIN_MS = 50;
/** Beyond the time that the other members have to come back. */
const JOIN_MARGIN_MS = 5_000;

export interface MembershipSettings {
  /** The coordinator gives a silent member's partitions to others after this. */
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly heartbeatMs: number;
}

export interface MembershipContext {
  readonly coordinator: GroupCoordinator;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Partitions of each of these topics; those that the principal may not see are left out. */
  readonly sizesOf: (topics: readonly string[], deadline: number) => Promise<ReadonlyMap<string, number>>;
  readonly settings: MembershipSettings;
}

/** What a member has while its generation lasts. A new object for every generation, so that "is it still mine" is `===`. */
export interface Generation {
  readonly id: number;
  readonly memberId: string;
  readonly partitions: TopicPartitions;
}

/** One member of one group by the classic protocol: joins, beats, and joins again when the coordinator says so. */
export class Membership {
  readonly #context: MembershipContext;
  #topics: readonly string[];
  #memberId = '';
  #generation: Generation | null = null;
  #joining: Promise<Generation> | null = null;
  #cancelBeat: () => void = () => undefined;
  #left = false;

  constructor(topics: readonly string[], context: MembershipContext) {
    this.#topics = topics;
    this.#context = context;
  }

  /** null while a rebalance runs, or before the first. */
  get generation(): Generation | null {
    return this.#generation;
  }

  /** Other topics: the same member joins again. */
  change(topics: readonly string[]): void {
    this.#topics = topics;
    this.#lose();
  }

  /** Joins if need be. @throws KafkaError DEADLINE_EXCEEDED while the join goes on alone; GROUP_AUTHORIZATION_FAILED, ... */
  stable(deadline: number): Promise<Generation> {
    if (this.#generation !== null) return Promise.resolve(this.#generation);
    const { clock, timers } = this.#context;
    return within(timers, Math.max(0, deadline - clock.now()), this.#startJoin());
  }

  /** The coordinator said that this generation is over. */
  lost(generation: Generation, brokerCode: number): void {
    if (brokerCode === UNKNOWN_MEMBER) this.#memberId = '';
    if (this.#generation === generation) this.#lose();
  }

  /**
   * Gives the partitions up at once, instead of after the session's time-out; also a place that is still being joined for.
   * @throws KafkaError DEADLINE_EXCEEDED while the join goes on alone, and of the coordinator
   */
  async leave(deadline: number): Promise<void> {
    this.#left = true;
    this.#lose();
    await this.#sayLeave(deadline);
    if (this.#joining === null) return;
    // A join that waited for the other members has its answer by now, unless its coordinator is silent.
    const { clock, timers } = this.#context;
    await within(timers, Math.max(0, deadline - clock.now()), this.#leaveBehind(this.#joining));
  }

  async #leaveBehind(joining: Promise<unknown>): Promise<void> {
    await joining.catch(() => undefined);
    this.#lose();
    await this.#sayLeave(this.#context.clock.now() + this.#context.settings.sessionTimeoutMs);
  }

  /** As `leave`, without a word to the coordinator: it finds out by the session's time-out. */
  abandon(): void {
    this.#left = true;
    this.#lose();
  }

  async #sayLeave(deadline: number): Promise<void> {
    if (this.#memberId === '') return;
    const { coordinator } = this.#context;
    const member = { memberId: this.#memberId, groupInstanceId: null, reason: null };
    this.#memberId = '';
    // Not behind a join on its connection: the join may be waiting for just this.
    await coordinator.call(LEAVE_GROUP, [coordinator.groupId, [member]], deadline, ({ errorCode }) => errorCode, { purpose: 'work' });
  }

  #lose(): void {
    this.#generation = null;
    this.#cancelBeat();
  }

  async #join(): Promise<Generation> {
    const { clock, timers, settings } = this.#context;
    const deadline = clock.now() + settings.rebalanceTimeoutMs + JOIN_MARGIN_MS;
    while (!this.#left) {
      const topics = this.#topics;
      const generation = await this.#joinOnce(topics, deadline);
      if (this.#left) break;
      if (generation !== null && topics === this.#topics) {
        this.#generation = generation;
        this.#beatLater(generation);
        return generation;
      }
      if (clock.now() >= deadline) throw new KafkaError('BROKER_RETRIABLE', { resource: this.#context.coordinator.groupId });
      await pause(timers, AGAIN_MS);
    }
    throw new KafkaError('UNKNOWN_MEMBER', { resource: this.#context.coordinator.groupId });
  }

  /** @returns null when the coordinator wants it done again */
  async #joinOnce(topics: readonly string[], deadline: number): Promise<Generation | null> {
    const { coordinator, settings } = this.#context;
    const { groupId } = coordinator;
    const protocols = [{ name: RANGE, metadata: encodeSubscription(topics) }];
    const joined = await coordinator.call(JOIN_GROUP, [groupId, settings.sessionTimeoutMs, settings.rebalanceTimeoutMs, this.#memberId, null, PROTOCOL_TYPE, protocols, null], deadline, ({ errorCode }) => errorCode);
    if (joined.errorCode === MEMBER_ID_REQUIRED) this.#memberId = joined.memberId;
    if (!this.#mayGoOn(joined.errorCode)) return null;
    this.#memberId = joined.memberId;
    const isLeader = joined.leader === joined.memberId && !joined.skipAssignment;
    const shares = isLeader ? await this.#divide(joined.members, deadline) : [];
    const synced = await coordinator.call(SYNC_GROUP, [groupId, joined.generationId, joined.memberId, null, PROTOCOL_TYPE, joined.protocolName, shares], deadline, ({ errorCode }) => errorCode);
    if (!this.#mayGoOn(synced.errorCode)) return null;
    return { id: joined.generationId, memberId: joined.memberId, partitions: decodeAssignment(synced.assignment) };
  }

  /** @throws KafkaError for what joining again cannot mend */
  #mayGoOn(code: number): boolean {
    if (code === UNKNOWN_MEMBER) this.#memberId = '';
    if (code === UNKNOWN_MEMBER || code === ILLEGAL_GENERATION || code === REBALANCE || code === MEMBER_ID_REQUIRED) return false;
    if (code !== 0) throw groupError(code, this.#context.coordinator.groupId);
    return true;
  }

  async #divide(members: readonly { readonly memberId: string; readonly metadata: Buffer }[], deadline: number): Promise<{ memberId: string; assignment: Buffer }[]> {
    const wanted = new Map(members.map(({ memberId, metadata }) => [memberId, decodeSubscription(metadata)]));
    const sizes = await this.#context.sizesOf([...new Set([...wanted.values()].flat())], deadline);
    return [...assignRanges(wanted, sizes)].map(([memberId, partitions]) => ({ memberId, assignment: encodeAssignment(partitions) }));
  }

  #beatLater(generation: Generation): void {
    this.#cancelBeat = this.#context.timers.after(this.#context.settings.heartbeatMs, () => void this.#beat(generation));
  }

  async #beat(generation: Generation): Promise<void> {
    const { coordinator, clock, settings } = this.#context;
    try {
      const answer = await coordinator.call(HEARTBEAT, [coordinator.groupId, generation.id, generation.memberId, null], clock.now() + settings.sessionTimeoutMs, ({ errorCode }) => errorCode);
      if (answer.errorCode !== 0) this.lost(generation, answer.errorCode);
    } catch {
      // The credential has ended (only a request renews it), or nobody answered: the next call joins again and meets the reason.
      this.lost(generation, 0);
    }
    if (this.#generation === generation) this.#beatLater(generation);
    // At once, not with the next poll: the other members wait for this one.
    else if (!this.#left && this.#generation === null) void this.#startJoin();
  }

  #startJoin(): Promise<Generation> {
    this.#joining ??= this.#join().finally(() => (this.#joining = null));
    // Nobody may be waiting when it fails; the next call starts another and waits for it.
    this.#joining.catch(() => undefined);
    return this.#joining;
  }
}
