import { setTimeout as delay } from 'node:timers/promises';

/**
 * Waits for the end of the step that a rejection fell into: a directory takes longer over a known name (it writes the
 * failure down), and the step hides what is left of that (attack 53).
 * @param startedAt of `performance.now()`
 * @param stepMs 0: no wait
 */
export const untilNextStep = async (startedAt: number, stepMs: number): Promise<void> => {
  if (stepMs > 0) await delay(stepMs - ((performance.now() - startedAt) % stepMs));
};
