import { describe, expect, it } from 'vitest';
import { fromLibrary } from './from-library.js';
import { KafkaError } from './kafka-error.js';

const error = (fields: object): Error => Object.assign(new Error('text of a library'), fields);

describe('an error of a library', () => {
  it.each([
    ['a protocol error inside a response error', error({ code: 'PLT_KFK_RESPONSE', errors: [error({ code: 'PLT_KFK_PROTOCOL', apiCode: 29 })] }), 'TOPIC_AUTHORIZATION_FAILED', 29],
    ['a kafkajs protocol error as a cause', error({ name: 'KafkaJSNonRetriableError', cause: error({ name: 'KafkaJSProtocolError', code: 30 }) }), 'GROUP_AUTHORIZATION_FAILED', 30],
    ['a lost connection', error({ code: 'PLT_KFK_NETWORK' }), 'NO_BROKER', undefined],
    ['a refused socket', error({ code: 'PLT_KFK_MULTIPLE', errors: [error({ code: 'ECONNREFUSED' })] }), 'NO_BROKER', undefined],
    ['a kafkajs time-out', error({ name: 'KafkaJSRequestTimeoutError' }), 'DEADLINE_EXCEEDED', undefined],
    ['a bug', new TypeError('x is not a function'), 'INTERNAL', undefined],
  ])('%s', (_, thrown, code, brokerCode) => {
    const mapped = fromLibrary(thrown);
    expect(mapped.code).toBe(code);
    expect(mapped.detail.brokerCode).toBe(brokerCode);
    expect(mapped.detail.brokerText).toBeUndefined();
  });

  it('that is ours already stays as it is', () => {
    const ours = new KafkaError('BUFFER_FULL');
    expect(fromLibrary(ours)).toBe(ours);
  });
});
