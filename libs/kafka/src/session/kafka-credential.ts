/**
 * What libs/kafka needs to know of a caller, and the one port that an identity library implements for it.
 * No type here names a plugin, an issuer or an HTTP header.
 */

/** A secret that prints as `<redacted>` and is read on purpose only. Structural, so that no library is shared for it. */
export interface Revealable {
  reveal(): string;
}

/** Whose fault a broker's refusal is (I21): the caller presented the token, or Postern made or fetched it. */
export type CredentialOrigin = 'minted' | 'caller' | 'mds';

/** A short-lived OAUTHBEARER token made for one session key. Times are epoch milliseconds. */
export interface KafkaCredential {
  readonly token: Revealable;
  readonly sessionKey: string;
  readonly kafkaName: string;
  readonly clusterId: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/**
 * Where a session gets its tokens (I10, I11, I15). One source is bound to one session key for its whole life.
 * `proofUntil` never moves: a later verification of the caller makes a new source, which the session adopts when it is fresher.
 */
export interface KafkaCredentialSource {
  /** I10: length-prefixed and hashed (principal, Kafka name, cluster, credential source); holds no secret. */
  readonly sessionKey: string;
  readonly kafkaName: string;
  readonly clusterId: string;
  /** Name of the cluster's listener that trusts this source's issuer (I19). */
  readonly listener: string;
  readonly origin: CredentialOrigin;
  /** Epoch ms. Nothing is fetched or shown to a broker after it (I11). */
  readonly proofUntil: number;
  /**
   * A token that is valid now and never outlives `proofUntil`.
   * @param fresh true asks for a new token even if an older one has life left (a broker refused that one)
   * @throws CredentialUnavailable when it could not decide (key or issuer away); CredentialExpired after `proofUntil`
   */
  fetch(fresh?: boolean): Promise<KafkaCredential>;
}

/** The proof, or the caller's own token, has ended: 401 without contacting the broker. */
export class CredentialExpired extends Error {
  override readonly name = 'CredentialExpired';
}

/** No Kafka credential could be had just now: 503, never 401. */
export class CredentialUnavailable extends Error {
  override readonly name = 'CredentialUnavailable';
}

/** What a topic rule is asked about (I25). */
export type TopicOperation = 'describe' | 'read' | 'write' | 'create' | 'delete' | 'alter' | 'describe-configs' | 'alter-configs';

/** Postern's own gate for topics, asked inside the session port for every topic name that an operation uses. */
export interface TopicRule {
  admits(topic: string, operation: TopicOperation): boolean;
  /** The name of the rule that refuses, for the audit record; null when no single one does. */
  refusedBy?(topic: string, operation: TopicOperation): string | null;
}

/** One request's caller as the Kafka layer sees it: always an explicit argument (design, Must 6). */
export interface KafkaCaller {
  readonly credentials: KafkaCredentialSource;
  readonly topics: TopicRule;
}
