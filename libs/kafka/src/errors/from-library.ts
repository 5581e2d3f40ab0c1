import { fromBrokerCode } from './from-broker-code.js';
import { KafkaError, type KafkaErrorCode, isKafkaError } from './kafka-error.js';

/** What both libraries put on their errors; read by shape, so that this file needs neither of them. */
interface LibraryError {
  readonly code?: unknown;
  readonly apiCode?: unknown;
  readonly errors?: unknown;
  readonly cause?: unknown;
  readonly name?: unknown;
}

const isObject = (value: unknown): value is LibraryError => typeof value === 'object' && value !== null;

const ownCode = (error: LibraryError): { code: KafkaErrorCode; brokerCode?: number } | null => {
  const brokerCode = typeof error.apiCode === 'number' ? error.apiCode : error.code;
  if (typeof brokerCode === 'number') return { code: fromBrokerCode(brokerCode), brokerCode };
  const text = [error.code, error.name].filter((part) => typeof part === 'string').join(' ');
  if (/PLT_KFK_TIMEOUT|RequestTimeout/.test(text)) return { code: 'DEADLINE_EXCEEDED' };
  if (/PLT_KFK_NETWORK|KafkaJSConnection|ECONN|ETIMEDOUT|EPIPE|ENOTFOUND|EHOSTUNREACH/.test(text)) return { code: 'NO_BROKER' };
  if (/PLT_KFK_UNSUPPORTED/.test(text)) return { code: 'UNSUPPORTED_VERSION' };
  return null;
};

const search = (error: unknown, depth: number): { code: KafkaErrorCode; brokerCode?: number } | null => {
  if (!isObject(error) || depth > 8) return null;
  for (const inner of Array.isArray(error.errors) ? error.errors : []) {
    const found = search(inner, depth + 1);
    if (found !== null) return found;
  }
  return search(error.cause, depth + 1) ?? ownCode(error);
};

/**
 * Turns whatever a Kafka library threw into one of our codes: the broker's numeric code, found by walking `errors`, then
 * `cause`, wins over the text of wrappers. The library's own message never leaves as `brokerText`.
 */
export const fromLibrary = (error: unknown, resource?: string): KafkaError => {
  if (isKafkaError(error)) return error;
  const found = search(error, 0);
  if (found === null) return new KafkaError('INTERNAL', { resource }, { cause: error });
  return new KafkaError(found.code, { resource, brokerCode: found.brokerCode }, { cause: error });
};
