import { setTimeout as delay } from 'node:timers/promises';

export const sleep = (ms: number): Promise<void> => delay(ms);

/**
 * Polls until `ready` gives something else than null. An error of `ready` counts as "not yet".
 * @throws Error that names `what` and the last reason, after `timeoutMs`
 */
export const waitUntil = async <T>(what: string, ready: () => Promise<T | null>, timeoutMs: number, everyMs = 25): Promise<T> => {
  const deadline = performance.now() + timeoutMs;
  let reason: unknown = 'never answered';
  while (performance.now() < deadline) {
    try {
      const value = await ready();
      if (value !== null) return value;
    } catch (error) {
      reason = error;
    }
    await sleep(everyMs);
  }
  throw new Error(`${what} was not ready after ${timeoutMs} ms`, { cause: reason });
};
