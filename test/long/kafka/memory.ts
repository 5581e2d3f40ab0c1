import { readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface Memory {
  /** MB after a full collection. */
  readonly heap: number;
  readonly rss: number;
  readonly descriptors: number;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

export const memoryNow = (): Memory => {
  // Twice: what finalizers let go of is collected by the second.
  collect();
  collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: (heapUsed + external) / 1e6, rss: rss / 1e6, descriptors: readdirSync('/proc/self/fd').length };
};

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** Growth of the heap in MB from the middle third of the samples to the last; the first is warming up. */
export const growth = (samples: readonly Memory[]): number => {
  const third = Math.floor(samples.length / 3);
  const heaps = samples.map(({ heap }) => heap);
  return median(heaps.slice(-third)) - median(heaps.slice(third, 2 * third));
};
