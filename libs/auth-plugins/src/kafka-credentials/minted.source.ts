import type { KafkaCredential, KafkaCredentialSource } from '@postern/kafka';
import type { Clock } from '../contract/plugin.js';
import type { VerifiedPrincipal } from '../contract/principal.js';
import type { Mint } from '../token-service/minted-token.js';

export interface MintedSourceOptions {
  readonly principal: VerifiedPrincipal;
  readonly binding: Pick<KafkaCredentialSource, 'sessionKey' | 'kafkaName' | 'clusterId' | 'listener' | 'proofUntil'>;
  /** Made by Postern, or by MDS when Postern asks it to: a broker's refusal is ours either way (I21). */
  readonly origin: 'minted' | 'mds';
  readonly mint: Mint;
  /** Whether a token by this key may still be shown (I17). */
  readonly isLive: (kid: string) => boolean;
  readonly clock: Clock;
}

/** Tokens made for one session key at Postern's word: kept until half their life (I12), made once for all who wait. */
export const createMintedSource = ({ principal, binding, origin, mint: make, isLive, clock }: MintedSourceOptions): KafkaCredentialSource => {
  let current: (KafkaCredential & { readonly kid: string }) | null = null;
  let minting: Promise<KafkaCredential> | null = null;
  const mint = async (cause: 'session' | 'renewal' | 'replacement'): Promise<KafkaCredential> => {
    let made = await make(principal, binding.clusterId, cause);
    // Its key was revoked while it was being made: whoever ended the sessions of that key did not know of this token yet.
    if (!isLive(made.kid)) made = await make(principal, binding.clusterId, 'replacement');
    current = { ...made, sessionKey: binding.sessionKey };
    return current;
  };
  const isYoung = ({ issuedAt, expiresAt }: KafkaCredential) => clock.now() < issuedAt + (expiresAt - issuedAt) / 2;
  return {
    ...binding,
    origin,
    fetch: async (fresh = false) => {
      if (current !== null && !fresh && isYoung(current) && isLive(current.kid)) return current;
      minting ??= mint(fresh ? 'replacement' : current === null ? 'session' : 'renewal').finally(() => {
        minting = null;
      });
      return minting;
    },
  };
};
