import { describe, expect, it } from 'vitest';
import { KafkaError, type KafkaErrorCode, type RecordResult } from '@postern/kafka';
import { produceAnswer } from './produce-answer.js';

const stored: RecordResult = { kind: 'stored', partition: 1, offset: 9_007_199_254_740_993n, timestamp: null };
const failed = (code: KafkaErrorCode): RecordResult => ({ kind: 'failed', error: new KafkaError(code, { brokerText: 'text of the broker' }) });

describe('the answer of a produce request', () => {
  it('has one entry per record, in order, with exact offsets and nulls written out', () => {
    expect(produceAnswer([stored, failed('RECORD_TOO_LARGE')]).body).toBe(
      '{"offsets":[{"partition":1,"offset":9007199254740993,"error_code":null,"error":null},' +
        '{"partition":null,"offset":null,"error_code":413,"error":"The record is larger than the topic allows."}],"key_schema_id":null,"value_schema_id":null}',
    );
  });

  it.each<[string, KafkaErrorCode[], number]>([
    ['200 when some failed in Kafka', ['NOT_ENOUGH_REPLICAS', 'OUTCOME_UNKNOWN', 'UNKNOWN_PARTITION'], 200],
    ['403 when one is forbidden', ['UNKNOWN_PARTITION', 'TOPIC_AUTHORIZATION_FAILED'], 403],
    ['403 when the cluster refuses', ['CLUSTER_AUTHORIZATION_FAILED'], 403],
    ['401 when one failed authentication, whatever else', ['TOPIC_AUTHORIZATION_FAILED', 'CALLER_TOKEN_REFUSED'], 401],
  ])('is %s', (_, codes, status) => {
    expect(produceAnswer([stored, ...codes.map(failed)]).status).toBe(status);
  });
});
