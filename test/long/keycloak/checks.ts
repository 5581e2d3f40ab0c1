import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';

export interface Checks {
  /** One sentence and what shows it; a failure is told and counted, and the run goes on. */
  check(sentence: string, show: () => Promise<void>): Promise<void>;
  readonly counts: () => { readonly passed: number; readonly failed: number };
}

export const newChecks = (say: (line: string) => void): Checks => {
  let passed = 0;
  let failed = 0;
  return {
    check: async (sentence, show) => {
      try {
        await show();
        passed += 1;
        say(`ok: ${sentence}`);
      } catch (error) {
        failed += 1;
        say(`FAILED: ${sentence}: ${error instanceof Error ? error.message : String(error)}`);
      }
    },
    counts: () => ({ passed, failed }),
  };
};

/** @throws Error that shows both */
export const same = (seen: unknown, expected: unknown): void => {
  if (!isDeepStrictEqual(seen, expected)) throw new Error(`${JSON.stringify(seen)} instead of ${JSON.stringify(expected)}`);
};

/** @returns seconds until `ask` gave what is wanted. @throws Error that shows the last answer */
export const secondsUntil = async (wanted: unknown, withinSeconds: number, ask: () => Promise<unknown>): Promise<number> => {
  const startedAt = performance.now();
  const seconds = (): number => (performance.now() - startedAt) / 1_000;
  for (;;) {
    const seen = await ask();
    if (isDeepStrictEqual(seen, wanted)) return seconds();
    if (seconds() > withinSeconds) throw new Error(`still ${JSON.stringify(seen)} after ${withinSeconds} s`);
    await delay(500);
  }
};
