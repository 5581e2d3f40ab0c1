import { fromBrokerCode } from '../../errors/from-broker-code.js';
import { KafkaError, isKafkaError } from '../../errors/kafka-error.js';
import type { Clock } from '../../session/cluster-settings.js';
import { ConnectionFault } from '../../transports/transport.js';
import type { BrokerConnections, Purpose } from '../broker.connections.js';
import type { Api } from '../codecs.js';
import { type Timers, pause } from '../deadline.js';
import type { MetadataCache } from '../metadata.cache.js';
import { readCall } from '../read.call.js';
import { FIND_COORDINATOR } from './group.apis.js';

const GROUP_KEY = 0;
const RETRY_FIRST_MS = 50;
const RETRY_MOST_MS = 1_000;
const COORDINATOR_LOADING = 14;
const NOT_AVAILABLE = 15;
const NOT_COORDINATOR = 16;
/** An offset that a running transaction is about to replace (KIP-447). */
const UNSTABLE_OFFSET = 88;

/** Answers after which the same question is asked again, here or of another coordinator. */
export const isPassing = (code: number): boolean => code === COORDINATOR_LOADING || code === NOT_AVAILABLE || code === NOT_COORDINATOR || code === UNSTABLE_OFFSET;

export interface CoordinatorContext {
  readonly connections: BrokerConnections;
  readonly metadata: Pick<MetadataCache, 'ask'>;
  readonly clock: Clock;
  readonly timers: Timers;
}

/** How a call to a coordinator goes out; a call that must not be done twice is not repeated once it was sent. */
export interface CoordinatorCallOptions {
  readonly purpose?: Purpose;
  readonly repeatable?: boolean;
}

/** The broker that keeps one group, found when needed and again when it moved. */
export class GroupCoordinator {
  readonly groupId: string;
  readonly #context: CoordinatorContext;
  #nodeId: number | null = null;

  constructor(groupId: string, context: CoordinatorContext) {
    this.groupId = groupId;
    this.#context = context;
  }

  /**
   * Asks until there is an answer that is not about who the coordinator is. `codeOf` finds the answer's own error.
   * @throws KafkaError GROUP_AUTHORIZATION_FAILED, NO_BROKER, DEADLINE_EXCEEDED, BROKER_RETRIABLE at the deadline, OUTCOME_UNKNOWN
   */
  async call<Args extends readonly unknown[], Response>(api: Api<Args, Response>, args: Args, deadline: number, codeOf: (response: Response) => number, { purpose = 'group', repeatable = true }: CoordinatorCallOptions = {}): Promise<Response> {
    const { clock, timers } = this.#context;
    for (let wait = RETRY_FIRST_MS; ; wait = Math.min(wait * 2, RETRY_MOST_MS)) {
      let failure: KafkaError;
      try {
        const answer = await this.#ask(api, args, deadline, purpose);
        const code = codeOf(answer);
        if (!isPassing(code)) return answer;
        if (code === NOT_AVAILABLE || code === NOT_COORDINATOR) this.#nodeId = null;
        failure = new KafkaError('BROKER_RETRIABLE', { resource: this.groupId, brokerCode: code });
      } catch (error) {
        failure = this.#lost(error, repeatable);
      }
      if (clock.now() + wait >= deadline) throw failure;
      await pause(timers, wait);
    }
  }

  /** The broker's id. @throws KafkaError as `call` */
  async nodeId(deadline: number): Promise<number> {
    this.#nodeId ??= await this.#find(deadline);
    return this.#nodeId;
  }

  async #ask<Args extends readonly unknown[], Response>(api: Api<Args, Response>, args: Args, deadline: number, purpose: Purpose): Promise<Response> {
    const connection = await this.#context.connections.toNode(purpose, await this.nodeId(deadline), deadline);
    return connection.request(api, args, deadline);
  }

  /** What may be tried again; anything else is thrown. */
  #lost(error: unknown, repeatable: boolean): KafkaError {
    this.#nodeId = null;
    if (error instanceof ConnectionFault) {
      if (error.written && !repeatable) throw new KafkaError('OUTCOME_UNKNOWN', { resource: this.groupId }, { cause: error });
      const failure = new KafkaError(error.reason === 'no-answer' ? 'DEADLINE_EXCEEDED' : 'NO_BROKER', { resource: this.groupId }, { cause: error });
      if (error.reason === 'no-answer') throw failure;
      return failure;
    }
    if (isKafkaError(error) && (error.code === 'NO_BROKER' || error.code === 'BROKER_RETRIABLE')) return error;
    throw error;
  }

  async #find(deadline: number): Promise<number> {
    const { connections, metadata, clock } = this.#context;
    const { coordinators } = await readCall(connections, clock, FIND_COORDINATOR, [GROUP_KEY, [this.groupId]], deadline);
    const found = coordinators[0];
    const code = found?.errorCode ?? NOT_AVAILABLE;
    if (code !== 0) throw new KafkaError(fromBrokerCode(code, 'group'), { resource: this.groupId, brokerCode: code });
    // Addresses come from metadata alone, where they are held against the settings (I22).
    await metadata.ask([], deadline);
    return found?.nodeId ?? -1;
  }
}

export const groupError = (code: number, groupId: string): KafkaError => new KafkaError(fromBrokerCode(code, 'group'), { resource: groupId, brokerCode: code });
