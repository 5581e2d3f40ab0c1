import { KafkaError } from '../errors/kafka-error.js';
import type { Timers } from '../protocol/deadline.js';

/** A connection that takes longer waits for its broker, not for this process: it makes way for the next. */
const TURN_MOST_MS = 250;
const RETRY_AFTER_MS = 1_000;

/** How connections are made: `perSecond` spreads them evenly, `atOnce` holds them back where even that is too much. */
export interface Pace {
  readonly atOnce: number;
  readonly perSecond: number;
}

/**
 * When connections are made (Must 7): each costs this process and its broker some milliseconds of what serves everybody, so a
 * hundred in one go would stop all requests for as long. Principals take turns: one that opens many does not come before another's first.
 */
export class ConnectTurns {
  readonly #pace: Pace;
  readonly #timers: Timers;
  // In turn: a principal that has had one goes behind the others.
  readonly #queues = new Map<string, (() => void)[]>();
  #running = 0;
  #waiting = 0;
  #isResting = false;

  constructor(pace: Pace, timers: Timers) {
    this.#pace = pace;
    this.#timers = timers;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** Runs `work` in its turn. @throws KafkaError TOO_MANY_SESSIONS when that has not come after `patienceMs`; what `work` throws */
  async run<T>(principal: string, patienceMs: number, work: () => Promise<T>): Promise<T> {
    if (this.#waiting === 0 && this.#isFree) this.#begin();
    else await this.#turn(principal, patienceMs);
    let isOver = false;
    const end = (): void => {
      if (isOver) return;
      isOver = true;
      this.#running--;
      this.#next();
    };
    const cancel = this.#timers.after(TURN_MOST_MS, end);
    try {
      return await work();
    } finally {
      cancel();
      end();
    }
  }

  get #isFree(): boolean {
    return !this.#isResting && this.#running < this.#pace.atOnce;
  }

  #begin(): void {
    this.#running++;
    this.#isResting = true;
    this.#timers.after(1_000 / this.#pace.perSecond, () => {
      this.#isResting = false;
      this.#next();
    });
  }

  #turn(principal: string, patienceMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const queue = this.#queues.get(principal) ?? [];
      this.#queues.set(principal, queue);
      const enter = (): void => {
        cancel();
        resolve();
      };
      const cancel = this.#timers.after(patienceMs, () => {
        queue.splice(queue.indexOf(enter), 1);
        if (queue.length === 0) this.#queues.delete(principal);
        this.#waiting--;
        reject(new KafkaError('TOO_MANY_SESSIONS', { retryAfterMs: RETRY_AFTER_MS }));
      });
      queue.push(enter);
      this.#waiting++;
    });
  }

  #next(): void {
    if (!this.#isFree) return;
    for (const [principal, queue] of this.#queues) {
      this.#queues.delete(principal);
      const enter = queue.shift();
      if (queue.length > 0) this.#queues.set(principal, queue);
      this.#waiting--;
      this.#begin();
      return enter?.();
    }
  }
}
