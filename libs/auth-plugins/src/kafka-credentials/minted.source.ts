import type { KafkaCredential, KafkaCredentialSource } from '@postern/kafka';
import type { Clock } from '../contract/plugin.js';
import type { VerifiedPrincipal } from '../contract/principal.js';
import type { TokenService } from '../token-service/token.service.js';

export interface MintedSourceOptions {
  readonly principal: VerifiedPrincipal;
  readonly binding: Pick<KafkaCredentialSource, 'sessionKey' | 'kafkaName' | 'clusterId' | 'listener' | 'proofUntil'>;
  readonly tokens: Pick<TokenService, 'mint'>;
  readonly clock: Clock;
}

/** Tokens that Postern mints for one session key: kept until half their life (I12), made once for all who wait. */
export const createMintedSource = ({ principal, binding, tokens, clock }: MintedSourceOptions): KafkaCredentialSource => {
  let current: KafkaCredential | null = null;
  let minting: Promise<KafkaCredential> | null = null;
  const mint = async (cause: 'session' | 'renewal' | 'replacement'): Promise<KafkaCredential> => {
    current = { ...(await tokens.mint(principal, binding.clusterId, cause)), sessionKey: binding.sessionKey };
    return current;
  };
  const isYoung = ({ issuedAt, expiresAt }: KafkaCredential) => clock.now() < issuedAt + (expiresAt - issuedAt) / 2;
  return {
    ...binding,
    origin: 'minted',
    fetch: async (fresh = false) => {
      if (current !== null && !fresh && isYoung(current)) return current;
      minting ??= mint(fresh ? 'replacement' : current === null ? 'session' : 'renewal').finally(() => {
        minting = null;
      });
      return minting;
    },
  };
};
