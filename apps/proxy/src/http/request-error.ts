import type { KafkaError } from '@postern/kafka';
import type { RequestErrorCode } from './http-errors.js';

/**
 * The one exception of the HTTP layer: a code of the closed table, and optionally the caller's own input in the sentence.
 * `message` never holds text of a library, directory, issuer or broker.
 */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly retryAfterSeconds: number | undefined;
  /** Methods of the path, with METHOD_NOT_ALLOWED (RFC 9110 section 15.5.6). */
  readonly allow: readonly string[] | undefined;
  constructor(
    readonly code: RequestErrorCode,
    /** Replaces the table's sentence; undefined keeps it. */
    readonly sentence?: string,
    options: { readonly retryAfterSeconds?: number; readonly allow?: readonly string[]; readonly cause?: unknown } = {},
  ) {
    super(sentence ?? code, { cause: options.cause });
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.allow = options.allow;
  }
}

/** Kafka's refusal of one record as the answer of a whole request; `where` says which record and what was written. */
export class RecordRefused extends Error {
  override readonly name = 'RecordRefused';
  constructor(
    override readonly cause: KafkaError,
    readonly where: string,
  ) {
    super(where, { cause });
  }
}
