import type { KeyStore } from './key.store.js';

const REFRESH_EVERY_MS = 3_600_000;
/** While an issuer has given no keys yet, it is asked this often. */
const RETRY_EVERY_MS = 30_000;

/** Keeps a key store fresh in the background. An issuer that is away does not stop the start: its callers get 503 until it is back. */
export const createKeyRefresh = (keys: KeyStore): { readonly begin: () => Promise<void>; readonly end: () => void } => {
  const timers: NodeJS.Timeout[] = [];
  return {
    begin: async () => {
      const retry = () => (keys.state() === 'up' ? undefined : void keys.refresh());
      timers.push(setInterval(() => void keys.refresh(), REFRESH_EVERY_MS), setInterval(retry, RETRY_EVERY_MS));
      for (const timer of timers) timer.unref();
      await keys.refresh();
    },
    end: () => {
      for (const timer of timers.splice(0)) clearInterval(timer);
    },
  };
};
