import { describe, expect, it } from 'vitest';
import { KafkaError, type KafkaErrorCode } from '@postern/kafka';
import { HTTP_ERRORS, type HttpError } from './http-errors.js';
import { problemBody, problemOf } from './problem.js';
import { RequestError } from './request-error.js';

const rows = Object.entries(HTTP_ERRORS) as [string, HttpError][];

describe('the error table', () => {
  it.each(rows)('%s has an error_code that begins with its status or is Confluent\'s exception', (_, { status, errorCode }) => {
    expect(String(errorCode).startsWith(String(status)) || errorCode === 50302).toBe(true);
  });

  it('sends Retry-After with every 503 and every 429', () => {
    expect(rows.filter(([, row]) => (row.status === 503 || row.status === 429) && row.retryAfterSeconds === undefined)).toEqual([]);
  });

  it('answers every authorization failure of Kafka with 403 / 40301', () => {
    const codes: KafkaErrorCode[] = ['TOPIC_AUTHORIZATION_FAILED', 'GROUP_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED', 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 'DELEGATION_TOKEN_AUTHORIZATION_FAILED'];
    for (const code of codes) expect(problemOf(new KafkaError(code))).toMatchObject({ status: 403, errorCode: 40301 });
  });
});

describe('a problem', () => {
  it('passes on the broker\'s text for the caller\'s own faults only', () => {
    const detail = { brokerText: "Topic 'x' already exists." };
    expect(problemOf(new KafkaError('TOPIC_ALREADY_EXISTS', detail)).message).toBe("Topic 'x' already exists.");
    expect(problemOf(new KafkaError('BROKER_OTHER', detail)).message).toBe('Kafka answered with an error.');
  });

  it('never shows a third party\'s text', () => {
    expect(problemOf(new Error('secret of a library'))).toMatchObject({ code: 'UNEXPECTED', message: 'Internal Server Error' });
  });

  it('rounds the broker\'s throttle time up to seconds', () => {
    expect(problemOf(new KafkaError('THROTTLED', { retryAfterMs: 1_200 })).retryAfterSeconds).toBe(2);
  });

  it('has the body {error_code, message}', () => {
    expect(problemBody(problemOf(new RequestError('UNRECOGNIZED_FIELD', 'Unrecognized field: x')))).toBe('{"error_code":422,"message":"Unrecognized field: x"}');
  });
});
