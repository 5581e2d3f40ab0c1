import { describe, expect, it } from 'vitest';
import { type PartitionAnswer, judgePartition, storedResult } from './produce.answer.js';

const answer = (over: Partial<PartitionAnswer>): PartitionAnswer => ({ errorCode: 0, baseOffset: -1n, logAppendTimeMs: -1n, errorMessage: null, recordErrors: [], ...over });
const brief = (a: PartitionAnswer, size: number, tries = 0): string => {
  const verdict = judgePartition(a, 't', 0, size, tries);
  return 'error' in verdict ? `${verdict.kind} ${verdict.error.code}` : verdict.kind;
};

describe('what a broker says of a partition', () => {
  it.each([
    ['success', 0, 3, 0, 'stored'],
    ['no leader', 5, 3, 0, 'again BROKER_RETRIABLE'],
    ['another leader', 6, 3, 9, 'again BROKER_RETRIABLE'],
    ['too few replicas before writing', 19, 3, 0, 'again NOT_ENOUGH_REPLICAS'],
    ['too few replicas after writing', 20, 3, 0, 'failed OUTCOME_UNKNOWN'],
    ['time-out at the broker', 7, 3, 0, 'failed OUTCOME_UNKNOWN'],
    ['unknown topic, first time', 3, 3, 0, 'again UNKNOWN_TOPIC'],
    ['unknown topic, still', 3, 3, 3, 'failed UNKNOWN_TOPIC'],
    ['forbidden', 29, 3, 0, 'failed TOPIC_AUTHORIZATION_FAILED'],
    ['too large, several records', 10, 3, 0, 'split'],
    ['too large, one record', 10, 1, 0, 'failed RECORD_TOO_LARGE'],
    ['larger than a segment', 18, 2, 0, 'split'],
    ['invalid, no word which', 87, 3, 0, 'split'],
    ['invalid, one record', 87, 1, 0, 'failed INVALID_RECORD'],
    ['a sequence that is not the next', 45, 3, 0, 'unidentified BROKER_OTHER'],
    ['a producer that the broker has forgotten', 59, 3, 0, 'unidentified BROKER_OTHER'],
    ['no right to be idempotent', 31, 3, 0, 'unidentified CLUSTER_AUTHORIZATION_FAILED'],
    ['a code of a newer broker', 999, 3, 0, 'failed BROKER_OTHER'],
  ])('%s', (_case, errorCode, size, tries, expected) => {
    expect(brief(answer({ errorCode }), size, tries)).toBe(expected);
  });

  it.each([
    ['is another broker by now', 6],
    ['lost the topic', 3],
    ['lost its disk', 56],
    ['has too few replicas', 20],
  ])('does not know the outcome when a leader that had appended %s', (_case, errorCode) => {
    expect(brief(answer({ errorCode, baseOffset: 40n }), 3)).toBe('failed OUTCOME_UNKNOWN');
  });

  it('names the bad records, so that the others can go again', () => {
    const verdict = judgePartition(answer({ errorCode: 87, errorMessage: 'batch', recordErrors: [{ batchIndex: 2, batchIndexErrorMessage: 'no key' }] }), 't', 0, 3, 0);
    if (verdict.kind !== 'without') throw new Error(`was ${verdict.kind}`);
    expect([...verdict.bad].map(([i, error]) => [i, error.code, error.detail.brokerText])).toEqual([[2, 'INVALID_RECORD', 'no key']]);
  });

  it('counts offsets from the first, and takes the broker time where the topic keeps that', () => {
    const record = { topic: 't', partition: 0, key: null, value: null };
    expect(storedResult(answer({ baseOffset: 40n }), 2, 3, record, 77)).toEqual({ kind: 'stored', partition: 2, offset: 43n, timestamp: 77 });
    expect(storedResult(answer({ baseOffset: 40n }), 2, 0, { ...record, timestamp: 5 }, 77)).toMatchObject({ timestamp: 5 });
    expect(storedResult(answer({ baseOffset: 40n, logAppendTimeMs: 99n }), 2, 0, { ...record, timestamp: 5 }, 77)).toMatchObject({ timestamp: 99 });
  });
});
