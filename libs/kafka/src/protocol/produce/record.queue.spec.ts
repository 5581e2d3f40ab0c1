import { describe, expect, it } from 'vitest';
import { KafkaError } from '../../errors/kafka-error.js';
import { type Entry, ProduceCall } from './produce.call.js';
import { RecordQueue } from './record.queue.js';

const FLUSH_BYTES = 700_000;

const fill = (sizes: readonly number[]): { queue: RecordQueue; call: ProduceCall; entries: Entry[] } => {
  const queue = new RecordQueue(FLUSH_BYTES);
  const call = new ProduceCall(sizes.length, 0);
  const entries = sizes.map((bytes, i) => call.entry(i, { topic: 't', partition: 0, key: null, value: null }, bytes));
  for (const entry of entries) queue.push(entry);
  return { queue, call, entries };
};
const indexes = (entries: readonly Entry[]): number[] => entries.map(({ index }) => index);

describe('a record queue', () => {
  it.each([
    ['what fits', [100, 200, 300], FLUSH_BYTES, 10, [0, 1, 2]],
    ['no more records than asked for', [1, 1, 1], FLUSH_BYTES, 2, [0, 1]],
    ['no more bytes than asked for', [400, 400, 400], 1_000, 10, [0, 1]],
    ['one record at least, however large', [5_000_000, 1], FLUSH_BYTES, 10, [0]],
    ['a large record alone: others before it go first', [10, 500_000, 10], FLUSH_BYTES, 10, [0]],
    ['a large record alone: others behind it wait', [500_000, 10], FLUSH_BYTES, 10, [0]],
  ])('gives %s', (_case, sizes, bytes, records, expected) => {
    expect(indexes(fill(sizes).queue.take(bytes, records))).toEqual(expected);
  });

  it('keeps the order over taking and putting back', () => {
    const { queue } = fill([1, 1, 1, 1]);
    const taken = queue.take(FLUSH_BYTES, 2);
    queue.putBack(taken);
    expect(indexes(queue.take(FLUSH_BYTES, 10))).toEqual([0, 1, 2, 3]);
    expect(queue.isEmpty).toBe(true);
  });

  it('drops records that have their result already', () => {
    const { queue, call } = fill([1, 1, 1]);
    call.fail(1, new KafkaError('DEADLINE_EXCEEDED'));
    expect(indexes(queue.take(FLUSH_BYTES, 10))).toEqual([0, 2]);
  });

  it('halves after a refusal down to single records, and grows back', () => {
    const { queue, entries } = fill(Array.from({ length: 8 }, () => 1_000));
    queue.shrink(entries);
    expect(queue.take(FLUSH_BYTES, 10)).toHaveLength(4);
    queue.shrink(entries.slice(0, 2));
    expect(queue.take(FLUSH_BYTES, 10)).toHaveLength(1);
    for (let i = 0; i < 10; i++) queue.relax();
    expect(queue.take(FLUSH_BYTES, 10)).toHaveLength(3);
  });
});
