import { describe, expect, it } from 'vitest';
import { isAdvertisedAllowed, toAddress } from './advertised-address.js';

describe('a discovered broker address', () => {
  it.each([
    ['b1.kafka.test', 9092, ['b1.kafka.test'], true],
    ['B1.Kafka.Test', 9092, ['b1.kafka.test'], true],
    ['b1.kafka.test', 9092, ['*.kafka.test'], true],
    ['evil.b1.kafka.test', 9092, ['*.kafka.test'], false],
    ['kafka.test', 9092, ['*.kafka.test'], false],
    ['b1.kafka.test.evil', 9092, ['*.kafka.test'], false],
    ['b1.kafka.test', 9093, ['*.kafka.test:9092'], false],
    ['b1.kafka.test', 9092, ['*.kafka.test:9092'], true],
    ['127.0.0.1', 9092, ['127.0.0.1'], true],
    ['::1', 9092, ['::1'], true],
    ['b1.kafka.test', 9092, [], false],
  ])('%s:%i under %j is admitted: %s', (host, port, patterns, admitted) => {
    expect(isAdvertisedAllowed(host, port, patterns)).toBe(admitted);
  });

  it('is written as host:port', () => {
    expect(toAddress('b1', 9092)).toBe('b1:9092');
    expect(toAddress('::1', 9092)).toBe('[::1]:9092');
  });
});
