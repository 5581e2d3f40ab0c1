import { CredentialExpired, type KafkaCredentialSource } from '@postern/kafka';
import type { Clock } from '../contract/plugin.js';
import type { Secret } from '../contract/secret.js';

export interface TokenSourceOptions {
  readonly binding: Pick<KafkaCredentialSource, 'sessionKey' | 'kafkaName' | 'clusterId' | 'listener' | 'proofUntil'>;
  /** `caller`: presented with the request. `mds`: what MDS gave for the caller's password, so that a refusal of it is ours (I21). */
  readonly origin: 'caller' | 'mds';
  readonly token: Secret;
  readonly verifiedAt: number;
  readonly clock: Clock;
}

/** A token that only the caller's next request can renew, so that a fresh one is the same one until then. */
export const createTokenSource = ({ binding, origin, token, verifiedAt, clock }: TokenSourceOptions): KafkaCredentialSource => ({
  ...binding,
  origin,
  fetch: async () => {
    if (clock.now() >= binding.proofUntil) throw new CredentialExpired("the caller's token has ended");
    return { token, sessionKey: binding.sessionKey, kafkaName: binding.kafkaName, clusterId: binding.clusterId, issuedAt: verifiedAt, expiresAt: binding.proofUntil };
  },
});
