import { type Timers, within } from '../protocol/deadline.js';

/** Calls on one consumer one after the other, in the order in which they came: two polls must not give the same record. */
export class Turns {
  readonly #timers: Timers;
  #last: Promise<void> = Promise.resolve();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** @throws KafkaError DEADLINE_EXCEEDED when its turn has not come after `patienceMs`: `work` never runs then; what `work` throws */
  take<T>(patienceMs: number, work: () => Promise<T>): Promise<T> {
    const before = this.#last;
    const mine = within(this.#timers, patienceMs, before).then(work);
    // Who gave up waiting must not let the next one in beside the one under way.
    this.#last = Promise.allSettled([before, mine]).then(() => undefined);
    return mine;
  }
}
