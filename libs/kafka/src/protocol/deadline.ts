import { KafkaError } from '../errors/kafka-error.js';

/** Real time for waits; unit specs give their own, so that none of them sleeps. */
export interface Timers {
  /** Calls `run` once after `ms`; the returned function cancels. Never keeps the process alive. */
  after(ms: number, run: () => void): () => void;
}

export const nodeTimers: Timers = {
  after(ms, run) {
    const timer = setTimeout(run, Math.max(0, ms));
    timer.unref();
    return () => clearTimeout(timer);
  },
};

export const pause = (timers: Timers, ms: number): Promise<void> => new Promise((resolve) => void timers.after(ms, resolve));

/**
 * Every broker call has a deadline of ours (Must 14): the work goes on alone when it passes, its result is dropped.
 * @throws KafkaError DEADLINE_EXCEEDED, or what `work` throws
 */
export const within = <T>(timers: Timers, ms: number, work: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const cancel = timers.after(ms, () => reject(new KafkaError('DEADLINE_EXCEEDED')));
    work.then(
      (value) => {
        cancel();
        resolve(value);
      },
      (error: unknown) => {
        cancel();
        reject(error instanceof Error ? error : new Error('rejected without an Error', { cause: error }));
      },
    );
  });
