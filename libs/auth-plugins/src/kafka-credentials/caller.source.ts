import { CredentialExpired, type KafkaCredentialSource } from '@postern/kafka';
import type { Clock } from '../contract/plugin.js';
import type { Secret } from '../contract/secret.js';

export interface CallerSourceOptions {
  readonly binding: Pick<KafkaCredentialSource, 'sessionKey' | 'kafkaName' | 'clusterId' | 'listener' | 'proofUntil'>;
  readonly token: Secret;
  readonly verifiedAt: number;
  readonly clock: Clock;
}

/** The caller's own token. Only the caller can renew it, so that a fresh one is the same one until the next request. */
export const createCallerSource = ({ binding, token, verifiedAt, clock }: CallerSourceOptions): KafkaCredentialSource => ({
  ...binding,
  origin: 'caller',
  fetch: async () => {
    if (clock.now() >= binding.proofUntil) throw new CredentialExpired("the caller's token has ended");
    return { token, sessionKey: binding.sessionKey, kafkaName: binding.kafkaName, clusterId: binding.clusterId, issuedAt: verifiedAt, expiresAt: binding.proofUntil };
  },
});
