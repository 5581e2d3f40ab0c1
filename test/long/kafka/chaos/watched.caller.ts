import type { KafkaCredential } from '@postern/kafka';
import type { CallerNow } from '../short-tokens.ts';
import type { Ledger } from './ledger.ts';

/** The same caller; a token of it that is read for a broker after its end is noted. */
export const watched = (callerNow: CallerNow, ledger: Ledger): CallerNow => {
  const known = new WeakMap<KafkaCredential, KafkaCredential>();
  const watch = (credential: KafkaCredential): KafkaCredential => {
    const before = known.get(credential);
    if (before !== undefined) return before;
    const { token, expiresAt, kafkaName } = credential;
    const reveal = (): string => {
      const late = Date.now() - expiresAt;
      // Its hash is taken of an ended token, too; only what goes to a broker counts.
      if (late > 0 && new Error('where').stack?.includes('saslAuthenticate') === true) ledger.broken('an ended token is never shown to a broker', `${kafkaName}: ${late} ms after its end`);
      return token.reveal();
    };
    const own = { ...credential, token: { reveal } };
    known.set(credential, own);
    return own;
  };
  return async () => {
    const caller = await callerNow();
    return { ...caller, credentials: { ...caller.credentials, fetch: async (fresh) => watch(await caller.credentials.fetch(fresh)) } };
  };
};
