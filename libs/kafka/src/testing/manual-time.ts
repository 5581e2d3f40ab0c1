import type { Timers } from '../protocol/deadline.js';
import type { Clock } from '../session/cluster-settings.js';

/** Time for unit specs: it passes only when a spec says so. */
export class ManualTime implements Clock, Timers {
  #now: number;
  readonly #due: { at: number; run: () => void }[] = [];

  constructor(now = 1_000_000) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, run };
    this.#due.push(timer);
    return () => {
      const i = this.#due.indexOf(timer);
      if (i >= 0) this.#due.splice(i, 1);
    };
  }

  /** Lets time pass and runs what falls due, in order, with all that follows from it. */
  async pass(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settle();
    for (;;) {
      const next = this.#due.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#due.splice(this.#due.indexOf(next), 1);
      this.#now = Math.max(this.#now, next.at);
      next.run();
      await settle();
    }
    this.#now = until;
  }
}

/** Lets every promise and every `setImmediate` that is waiting run. */
export const settle = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await new Promise<void>((resolve) => setImmediate(resolve));
};
