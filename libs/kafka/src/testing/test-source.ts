import type { KafkaCredential, KafkaCredentialSource } from '../session/kafka-credential.js';

/** A credential source for unit specs; `over` replaces what the case is about. */
export const testSource = (over: Partial<KafkaCredentialSource> & Pick<KafkaCredentialSource, 'proofUntil'>): KafkaCredentialSource => ({
  sessionKey: 'key',
  kafkaName: 'alice',
  clusterId: 'main',
  listener: 'minted',
  origin: 'minted',
  fetch: () => Promise.reject(new Error('no token was expected to be fetched')),
  ...over,
});

export const testCredential = (text: string, issuedAt: number, expiresAt: number, over: Partial<KafkaCredential> = {}): KafkaCredential => ({
  token: { reveal: () => text },
  sessionKey: 'key',
  kafkaName: 'alice',
  clusterId: 'main',
  issuedAt,
  expiresAt,
  ...over,
});
