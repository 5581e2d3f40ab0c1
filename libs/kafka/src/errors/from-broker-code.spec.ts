import { describe, expect, it } from 'vitest';
import { type BrokerCodeSubject, fromBrokerCode, isStaleMetadata, isUnwrittenAndRetriable } from './from-broker-code.js';
import type { KafkaErrorCode } from './kafka-error.js';

const rows: readonly [number, BrokerCodeSubject, KafkaErrorCode][] = [
  [29, 'topic', 'TOPIC_AUTHORIZATION_FAILED'],
  [30, 'group', 'GROUP_AUTHORIZATION_FAILED'],
  [31, 'other', 'CLUSTER_AUTHORIZATION_FAILED'],
  [53, 'other', 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED'],
  [65, 'other', 'DELEGATION_TOKEN_AUTHORIZATION_FAILED'],
  [3, 'topic', 'UNKNOWN_TOPIC'],
  [3, 'partition', 'UNKNOWN_PARTITION'],
  [100, 'topic', 'UNKNOWN_TOPIC'],
  [69, 'group', 'UNKNOWN_GROUP'],
  [36, 'topic', 'TOPIC_ALREADY_EXISTS'],
  [10, 'partition', 'RECORD_TOO_LARGE'],
  [18, 'partition', 'RECORD_TOO_LARGE'],
  [87, 'partition', 'INVALID_RECORD'],
  [7, 'partition', 'OUTCOME_UNKNOWN'],
  [20, 'partition', 'OUTCOME_UNKNOWN'],
  [19, 'partition', 'NOT_ENOUGH_REPLICAS'],
  [89, 'other', 'THROTTLED'],
  [6, 'partition', 'BROKER_RETRIABLE'],
  [-1, 'other', 'BROKER_OTHER'],
  [9999, 'other', 'BROKER_OTHER'],
];

describe('a broker code', () => {
  it.each(rows)('%i of a %s is %s', (code, subject, expected) => {
    expect(fromBrokerCode(code, subject)).toBe(expected);
  });

  it('is retried only where the record was certainly not written', () => {
    expect([5, 6, 19].every(isUnwrittenAndRetriable)).toBe(true);
    expect([0, 3, 7, 10, 20, 29, 87].some(isUnwrittenAndRetriable)).toBe(false);
  });

  it('tells when metadata is stale', () => {
    expect([3, 5, 6, 74, 100].every(isStaleMetadata)).toBe(true);
    expect([0, 7, 19, 29].some(isStaleMetadata)).toBe(false);
  });
});
