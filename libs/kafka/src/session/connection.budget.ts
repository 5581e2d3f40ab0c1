import { KafkaError } from '../errors/kafka-error.js';
import { nodeTimers, type Timers } from '../protocol/deadline.js';
import { ConnectTurns } from './connect.turns.js';

export interface ConnectionLimits {
  /** Connections to brokers, of sessions and consumers together. */
  readonly connections: number;
  readonly connectionsPerPrincipal: number;
  /** Made in a second, evenly spread, and at the same time; the others wait their turn. */
  readonly connectsPerSecond: number;
  readonly connectsAtOnce: number;
}

export const DEFAULT_CONNECTION_LIMITS: ConnectionLimits = { connections: 10_000, connectionsPerPrincipal: 500, connectsPerSecond: 200, connectsAtOnce: 4 };

export interface ConnectionCounts {
  readonly open: number;
  readonly connecting: number;
  /** Connections that wait for their turn to be made. */
  readonly waiting: number;
  /** Not made because the process, or one principal, had too many. */
  readonly refused: Readonly<Record<'process' | 'principal', number>>;
}

/** What is counted: it says when it has ended. */
interface Counted {
  onClose(listener: () => void): void;
}

const RETRY_AFTER_MS = 1_000;

/** All connections to brokers that one process may have, shared by whatever opens some (Must 7). */
export class ConnectionBudget {
  readonly #limits: ConnectionLimits;
  readonly #turns: ConnectTurns;
  readonly #of = new Map<string, number>();
  readonly #refused = { process: 0, principal: 0 };
  #open = 0;
  #makeRoom: () => boolean = () => false;

  constructor(limits: ConnectionLimits = DEFAULT_CONNECTION_LIMITS, timers: Timers = nodeTimers) {
    this.#limits = limits;
    this.#turns = new ConnectTurns({ atOnce: limits.connectsAtOnce, perSecond: limits.connectsPerSecond }, timers);
  }

  /** Who may be asked to let an unused connection go; tells whether one will. */
  whenFull(makeRoom: () => boolean): void {
    this.#makeRoom = makeRoom;
  }

  counts(): ConnectionCounts {
    return { open: this.#open, connecting: this.#turns.running, waiting: this.#turns.waiting, refused: { ...this.#refused } };
  }

  /**
   * Makes one connection in its turn and counts it until it closes. `principal` is the session key.
   * @throws KafkaError TOO_MANY_CONNECTIONS for the principal's own limit, TOO_MANY_SESSIONS for the process's; what `connect` throws
   */
  async connect<T extends Counted>(principal: string, patienceMs: number, connect: () => Promise<T>): Promise<T> {
    this.#take(principal);
    try {
      const connection = await this.#turns.run(principal, patienceMs, connect);
      connection.onClose(() => this.#giveBack(principal));
      return connection;
    } catch (error) {
      this.#giveBack(principal);
      throw error;
    }
  }

  #take(principal: string): void {
    const own = this.#of.get(principal) ?? 0;
    if (own >= this.#limits.connectionsPerPrincipal) {
      this.#refused.principal++;
      throw new KafkaError('TOO_MANY_CONNECTIONS', { retryAfterMs: RETRY_AFTER_MS });
    }
    if (this.#open >= this.#limits.connections && !this.#makeRoom()) {
      this.#refused.process++;
      throw new KafkaError('TOO_MANY_SESSIONS', { retryAfterMs: RETRY_AFTER_MS });
    }
    this.#of.set(principal, own + 1);
    this.#open++;
  }

  #giveBack(principal: string): void {
    const left = (this.#of.get(principal) ?? 1) - 1;
    if (left === 0) this.#of.delete(principal);
    else this.#of.set(principal, left);
    this.#open--;
  }
}
