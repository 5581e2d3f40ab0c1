import { KafkaError } from '@postern/kafka';
import { HTTP_ERRORS, type ErrorCode, type HttpError } from './http-errors.js';
import { RecordRefused, RequestError } from './request-error.js';

/** An error as the caller gets to see it: a row of the table with its sentence settled. */
export interface Problem {
  readonly code: ErrorCode;
  readonly status: number;
  readonly errorCode: number;
  readonly message: string;
  readonly retryAfterSeconds: number | undefined;
}

const problem = (code: ErrorCode, sentence?: string, retryAfterSeconds?: number): Problem => {
  const row: HttpError = HTTP_ERRORS[code];
  return { code, status: row.status, errorCode: row.errorCode, message: sentence ?? row.message, retryAfterSeconds: retryAfterSeconds ?? row.retryAfterSeconds };
};

/** The broker's own text reaches the caller for the caller's own faults only (design §5). */
export const problemOfKafka = (error: KafkaError): Problem => {
  const row: HttpError = HTTP_ERRORS[error.code];
  const text = row.brokerText === true ? error.detail.brokerText : undefined;
  const retryAfter = error.detail.retryAfterMs === undefined ? undefined : Math.ceil(error.detail.retryAfterMs / 1_000);
  return problem(error.code, text, retryAfter);
};

/** Fastify's and NestJS's own refusals, by their stable codes. Anything else is unexpected. */
const FRAMEWORK: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_BAD_URL: 'BAD_REQUEST',
  FST_ERR_ASYNC_CONSTRAINT: 'BAD_REQUEST',
  FST_ERR_MAX_PARAM_LENGTH: 'URI_TOO_LONG',
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'BAD_REQUEST',
  FST_ERR_NOT_FOUND: 'ROUTE_NOT_FOUND',
};

export const problemOf = (error: unknown): Problem => {
  if (error instanceof RequestError) return problem(error.code, error.sentence, error.retryAfterSeconds);
  if (error instanceof KafkaError) return problemOfKafka(error);
  if (error instanceof RecordRefused) {
    const refused = problemOfKafka(error.cause);
    return { ...refused, message: `${refused.message} ${error.where}` };
  }
  const code = (error as { code?: unknown } | null)?.code;
  return problem((typeof code === 'string' ? FRAMEWORK[code] : undefined) ?? 'UNEXPECTED');
};

/** The body that Confluent's proxies give: `{error_code, message}`. */
export const problemBody = ({ errorCode, message }: Problem): string => JSON.stringify({ error_code: errorCode, message });
