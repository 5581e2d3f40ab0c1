import type { KafkaErrorCode } from '@postern/kafka';

/** What goes wrong before Kafka is asked, or in the HTTP layer itself. */
export type RequestErrorCode =
  | 'BAD_REQUEST'
  | 'MALFORMED_CREDENTIAL'
  | 'UNAUTHENTICATED'
  | 'LOGIN_THROTTLED'
  | 'COULD_NOT_DECIDE'
  | 'FORBIDDEN'
  | 'PROTECTED_NAME'
  | 'FLOOD'
  | 'ROUTE_NOT_FOUND'
  | 'PARAMETER_NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'NOT_ACCEPTABLE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'UNSUPPORTED_ENCODING'
  | 'BODY_TOO_LARGE'
  | 'BODY_TIMEOUT'
  | 'BODIES_FULL'
  | 'BODY_INCOMPLETE'
  | 'INVALID_JSON'
  | 'UNRECOGNIZED_FIELD'
  | 'UNPROCESSABLE'
  | 'TOO_MANY_RECORDS'
  | 'UNFIT_RECORD'
  | 'URI_TOO_LONG'
  | 'HEADERS_TOO_LARGE'
  | 'AUDIT_UNAVAILABLE'
  | 'SHUTTING_DOWN'
  | 'UNEXPECTED';

export type ErrorCode = RequestErrorCode | KafkaErrorCode;

/**
 * One row: the status, the `error_code` of the body (Confluent's numbers), a fixed sentence, whether Retry-After is sent,
 * and whether the broker's own text may replace the sentence (the caller's own faults only).
 */
export interface HttpError {
  readonly status: number;
  readonly errorCode: number;
  readonly message: string;
  readonly retryAfterSeconds?: number;
  readonly brokerText?: true;
}

const RETRY = 5;

/** The only table with a status (design §5). A code without a row does not compile. */
export const HTTP_ERRORS = {
  BAD_REQUEST: { status: 400, errorCode: 400, message: 'Bad Request' },
  MALFORMED_CREDENTIAL: { status: 400, errorCode: 400, message: 'Bad Request: the Authorization header is not well-formed.' },
  UNAUTHENTICATED: { status: 401, errorCode: 40101, message: 'Authentication failed.' },
  LOGIN_THROTTLED: { status: 429, errorCode: 42901, message: 'Too many failed logins.', retryAfterSeconds: 60 },
  COULD_NOT_DECIDE: { status: 503, errorCode: 503, message: 'Identity could not be verified just now.', retryAfterSeconds: RETRY },
  FORBIDDEN: { status: 403, errorCode: 40301, message: 'Not authorized.' },
  PROTECTED_NAME: { status: 403, errorCode: 40301, message: 'Not authorized.' },
  FLOOD: { status: 429, errorCode: 42901, message: 'Too many requests.', retryAfterSeconds: 1 },
  ROUTE_NOT_FOUND: { status: 404, errorCode: 404, message: 'HTTP 404 Not Found' },
  PARAMETER_NOT_FOUND: { status: 404, errorCode: 404, message: 'HTTP 404 Not Found' },
  METHOD_NOT_ALLOWED: { status: 405, errorCode: 405, message: 'HTTP 405 Method Not Allowed' },
  NOT_ACCEPTABLE: { status: 406, errorCode: 406, message: 'HTTP 406 Not Acceptable' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, errorCode: 415, message: 'HTTP 415 Unsupported Media Type' },
  UNSUPPORTED_ENCODING: { status: 415, errorCode: 415, message: 'HTTP 415 Unsupported Media Type' },
  BODY_TOO_LARGE: { status: 413, errorCode: 413, message: 'The request body is too large.' },
  BODIES_FULL: { status: 429, errorCode: 42901, message: 'Too many bytes of request bodies at once.', retryAfterSeconds: 1 },
  BODY_TIMEOUT: { status: 408, errorCode: 408, message: 'The request body did not arrive in time.' },
  BODY_INCOMPLETE: { status: 400, errorCode: 400, message: 'Bad Request: the request body is incomplete.' },
  INVALID_JSON: { status: 400, errorCode: 400, message: 'Bad Request: the body is not valid JSON.' },
  UNRECOGNIZED_FIELD: { status: 422, errorCode: 422, message: 'Unrecognized field' },
  UNPROCESSABLE: { status: 422, errorCode: 422, message: 'Unprocessable Entity' },
  TOO_MANY_RECORDS: { status: 413, errorCode: 413, message: 'Too many records in one request.' },
  UNFIT_RECORD: { status: 400, errorCode: 400, message: 'Bad Request' },
  URI_TOO_LONG: { status: 414, errorCode: 414, message: 'HTTP 414 URI Too Long' },
  HEADERS_TOO_LARGE: { status: 431, errorCode: 431, message: 'HTTP 431 Request Header Fields Too Large' },
  AUDIT_UNAVAILABLE: { status: 503, errorCode: 503, message: 'No audit record can be written just now: nothing was done.', retryAfterSeconds: RETRY },
  SHUTTING_DOWN: { status: 503, errorCode: 503, message: 'Shutting down.', retryAfterSeconds: RETRY },
  UNEXPECTED: { status: 500, errorCode: 500, message: 'Internal Server Error' },

  TOPIC_AUTHORIZATION_FAILED: { status: 403, errorCode: 40301, message: 'Not authorized to access this topic.' },
  GROUP_AUTHORIZATION_FAILED: { status: 403, errorCode: 40301, message: 'Not authorized to access this group.' },
  CLUSTER_AUTHORIZATION_FAILED: { status: 403, errorCode: 40301, message: 'Not authorized to do this on the cluster.' },
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: { status: 403, errorCode: 40301, message: 'Not authorized to use this transactional id.' },
  DELEGATION_TOKEN_AUTHORIZATION_FAILED: { status: 403, errorCode: 40301, message: 'Not authorized to use this delegation token.' },
  TOPIC_RULE_DENIED: { status: 403, errorCode: 40301, message: 'Not authorized to access this topic.' },
  CALLER_TOKEN_REFUSED: { status: 401, errorCode: 40101, message: 'Kafka refused the token.' },
  CREDENTIAL_EXPIRED: { status: 401, errorCode: 40101, message: 'The credential has expired.' },
  OWN_TOKEN_REFUSED: { status: 503, errorCode: 503, message: 'Kafka does not accept this proxy\'s tokens just now.', retryAfterSeconds: RETRY },
  CREDENTIAL_UNAVAILABLE: { status: 503, errorCode: 503, message: 'No Kafka credential could be had just now.', retryAfterSeconds: RETRY },
  UNKNOWN_TOPIC: { status: 404, errorCode: 40401, message: 'Topic not found.' },
  UNKNOWN_PARTITION: { status: 404, errorCode: 40402, message: 'Partition not found.' },
  UNKNOWN_GROUP: { status: 404, errorCode: 404, message: 'Consumer group not found.' },
  UNKNOWN_MEMBER: { status: 404, errorCode: 40403, message: 'Consumer instance not found.' },
  UNKNOWN_RESOURCE: { status: 404, errorCode: 404, message: 'Not found.' },
  UNKNOWN_CLUSTER: { status: 404, errorCode: 404, message: 'Cluster cannot be found.' },
  INVALID_TOPIC: { status: 400, errorCode: 40002, message: 'Invalid topic name.' },
  TOPIC_ALREADY_EXISTS: { status: 400, errorCode: 40002, message: 'Topic already exists.', brokerText: true },
  INVALID_PARTITIONS: { status: 400, errorCode: 40002, message: 'Invalid partitions.', brokerText: true },
  INVALID_REPLICATION_FACTOR: { status: 400, errorCode: 40002, message: 'Invalid replication factor.', brokerText: true },
  INVALID_REPLICA_ASSIGNMENT: { status: 400, errorCode: 40002, message: 'Invalid replica assignment.', brokerText: true },
  INVALID_CONFIG: { status: 400, errorCode: 40002, message: 'Invalid configuration.', brokerText: true },
  INVALID_REQUEST: { status: 400, errorCode: 40002, message: 'Invalid request.', brokerText: true },
  INVALID_RECORD: { status: 400, errorCode: 40002, message: 'Kafka refused the record as invalid.', brokerText: true },
  INVALID_TIMESTAMP: { status: 400, errorCode: 40002, message: 'Kafka refused the record\'s timestamp.', brokerText: true },
  POLICY_VIOLATION: { status: 400, errorCode: 40002, message: 'Refused by a policy of the cluster.', brokerText: true },
  SECURITY_DISABLED: { status: 400, errorCode: 40002, message: 'The cluster has no authorizer.' },
  UNSUPPORTED_VERSION: { status: 400, errorCode: 40002, message: 'The cluster does not support this operation.' },
  RECORD_TOO_LARGE: { status: 413, errorCode: 413, message: 'The record is larger than the topic allows.' },
  OFFSET_OUT_OF_RANGE: { status: 400, errorCode: 40002, message: 'The offset is out of range.' },
  GROUP_NOT_EMPTY: { status: 409, errorCode: 409, message: 'The consumer group is not empty.' },
  ILLEGAL_GROUP_STATE: { status: 409, errorCode: 40903, message: 'The consumer group changed meanwhile.' },
  THROTTLED: { status: 429, errorCode: 42901, message: 'A quota of the cluster is used up.', retryAfterSeconds: 1 },
  TOO_MANY_SESSIONS: { status: 503, errorCode: 503, message: 'Too many callers at once.', retryAfterSeconds: RETRY },
  TOO_MANY_CONNECTIONS: { status: 429, errorCode: 42901, message: 'Too many connections to Kafka for one caller.', retryAfterSeconds: 1 },
  BUFFER_FULL: { status: 503, errorCode: 503, message: 'Too much is waiting to be written.', retryAfterSeconds: 1 },
  NOT_ENOUGH_REPLICAS: { status: 500, errorCode: 50003, message: 'Too few replicas are in sync: nothing was written.' },
  BROKER_RETRIABLE: { status: 500, errorCode: 50003, message: 'A retriable error at Kafka: nothing was written.' },
  OUTCOME_UNKNOWN: { status: 500, errorCode: 50003, message: 'No answer from Kafka: outcome unknown.' },
  NO_BROKER: { status: 503, errorCode: 50302, message: 'No Kafka broker could be reached: nothing was sent.', retryAfterSeconds: RETRY },
  DEADLINE_EXCEEDED: { status: 503, errorCode: 50302, message: 'Kafka did not answer in time: nothing was sent.', retryAfterSeconds: RETRY },
  BROKER_OTHER: { status: 500, errorCode: 50002, message: 'Kafka answered with an error.' },
  INTERNAL: { status: 500, errorCode: 500, message: 'Internal Server Error' },
} as const satisfies Record<ErrorCode, HttpError>;

export const httpErrorOf = (code: ErrorCode): HttpError => HTTP_ERRORS[code];

/** The status that an API answers for a row's own. */
export type StatusOf = (status: number, code: ErrorCode) => number;

export const asItIs: StatusOf = (status) => status;

/** The HDInsight API declares 400, 401, 403, 404, 405 and 500; 413 and 429 have no likeness there and stay. */
export const hdinsightStatus =
  ({ unavailableIs503, existingTopicIs409 }: { readonly unavailableIs503: boolean; readonly existingTopicIs409: boolean }): StatusOf =>
  (status, code) => {
    if (status === 503) return unavailableIs503 ? 503 : 500;
    if (code === 'TOPIC_ALREADY_EXISTS' && existingTopicIs409) return 409;
    return status === 413 || status === 429 || status < 406 || status === 500 ? status : 400;
  };
