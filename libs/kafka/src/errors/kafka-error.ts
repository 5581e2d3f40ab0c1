/**
 * The closed set of ways in which Kafka work fails. A transport's or broker's error becomes one of these in
 * `from-broker-code.ts` and `from-library.ts`; the HTTP status is chosen elsewhere (apps/proxy/src/http/http-errors.ts).
 */
export type KafkaErrorCode =
  // permission, by what Kafka's ACLs or Postern's topic rule refused
  | 'TOPIC_AUTHORIZATION_FAILED'
  | 'GROUP_AUTHORIZATION_FAILED'
  | 'CLUSTER_AUTHORIZATION_FAILED'
  | 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED'
  | 'DELEGATION_TOKEN_AUTHORIZATION_FAILED'
  | 'TOPIC_RULE_DENIED'
  // identity at the broker
  | 'CALLER_TOKEN_REFUSED'
  | 'CREDENTIAL_EXPIRED'
  | 'OWN_TOKEN_REFUSED'
  | 'CREDENTIAL_UNAVAILABLE'
  // not there
  | 'UNKNOWN_TOPIC'
  | 'UNKNOWN_PARTITION'
  | 'UNKNOWN_GROUP'
  | 'UNKNOWN_MEMBER'
  | 'UNKNOWN_RESOURCE'
  | 'UNKNOWN_CLUSTER'
  // the caller's own fault: the broker's text may be passed on
  | 'INVALID_TOPIC'
  | 'TOPIC_ALREADY_EXISTS'
  | 'INVALID_PARTITIONS'
  | 'INVALID_REPLICATION_FACTOR'
  | 'INVALID_REPLICA_ASSIGNMENT'
  | 'INVALID_CONFIG'
  | 'INVALID_REQUEST'
  | 'INVALID_RECORD'
  | 'INVALID_TIMESTAMP'
  | 'POLICY_VIOLATION'
  | 'SECURITY_DISABLED'
  | 'UNSUPPORTED_VERSION'
  | 'RECORD_TOO_LARGE'
  | 'OFFSET_OUT_OF_RANGE'
  | 'GROUP_NOT_EMPTY'
  | 'ILLEGAL_GROUP_STATE'
  // load
  | 'THROTTLED'
  | 'TOO_MANY_SESSIONS'
  | 'TOO_MANY_CONNECTIONS'
  | 'BUFFER_FULL'
  // the cluster
  | 'NOT_ENOUGH_REPLICAS'
  | 'BROKER_RETRIABLE'
  | 'OUTCOME_UNKNOWN'
  | 'NO_BROKER'
  | 'DEADLINE_EXCEEDED'
  | 'BROKER_OTHER'
  | 'INTERNAL';

/**
 * One failure. `brokerText` is the broker's own per-item text: shown to the caller for the caller's own faults only.
 * `refusedBy` names the topic rule that refused: for the audit record.
 */
export class KafkaError extends Error {
  override readonly name = 'KafkaError';
  constructor(
    readonly code: KafkaErrorCode,
    readonly detail: { readonly brokerCode?: number; readonly brokerText?: string; readonly resource?: string; readonly retryAfterMs?: number; readonly refusedBy?: string } = {},
    options?: { cause?: unknown },
  ) {
    super(detail.resource === undefined ? code : `${code}: ${detail.resource}`, options);
  }
}

export const isKafkaError = (error: unknown): error is KafkaError => error instanceof KafkaError;
