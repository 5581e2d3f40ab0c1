import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { testBatch } from './test-batch.js';
import { MOST_UNPACKED_BYTES, decompress } from './decompress.js';
import type { AbortedTransaction } from './fetch.api.js';
import { FetchedRecords } from './fetched.records.js';

const read = async (batches: readonly Buffer[], { from = 0n, maxRecords = 100, maxBytes = 1_000, aborted = [] }: { from?: bigint; maxRecords?: number; maxBytes?: number; aborted?: readonly AbortedTransaction[] } = {}) => {
  const found = new FetchedRecords(from, { maxRecords, maxBytes });
  await found.take({ batches: Buffer.concat(batches), aborted });
  return { values: found.records.map(({ value }) => value?.toString()), next: found.next, full: found.isFull };
};

const plain = testBatch({ first: 0n, values: ['a', 'b', 'c'] });
const packed = testBatch({ first: 3n, values: ['d', 'e'], gzip: true });

describe('the records of a fetch answer', () => {
  it('are given in order, unpacked, and the next offset lies behind them', async () => {
    expect(await read([plain, packed])).toEqual({ values: ['a', 'b', 'c', 'd', 'e'], next: 5n, full: false });
  });

  it.each([
    ['begin at the wanted offset, not at the batch', [plain, packed], { from: 2n }, { values: ['c', 'd', 'e'], next: 5n, full: false }],
    ['end at the limit of records, in the middle of a batch', [plain], { maxRecords: 2 }, { values: ['a', 'b'], next: 2n, full: true }],
    ['end before the record that is one byte too much', [plain], { maxBytes: 2 }, { values: ['a', 'b'], next: 2n, full: true }],
    ['hold a first record above the limit', [testBatch({ first: 0n, values: ['large', 'x'] })], { maxBytes: 1 }, { values: ['large'], next: 1n, full: true }],
    ['leave a batch that is cut off for the next answer', [plain, packed.subarray(0, -1)], {}, { values: ['a', 'b', 'c'], next: 3n, full: false }],
    ['pass what compaction took at the end of a batch', [testBatch({ first: 0n, values: ['a'], last: 9n })], {}, { values: ['a'], next: 10n, full: false }],
    ['pass a batch that compaction emptied', [testBatch({ first: 0n, values: [], last: 4n })], {}, { values: [], next: 5n, full: false }],
  ])('%s', async (_case, batches, limits, expected) => {
    expect(await read(batches, limits)).toEqual(expected);
  });

  it('pass the end of a transaction that compaction emptied', async () => {
    const emptied = testBatch({ first: 3n, last: 3n, values: [], producerId: 7n, control: 'abort' });
    expect(await read([plain, emptied, testBatch({ first: 4n, values: ['d'] })])).toEqual({ values: ['a', 'b', 'c', 'd'], next: 5n, full: false });
  });

  it('leave out each of two aborted transactions of one producer, and nothing of another', async () => {
    const [one, other] = [7n, 8n];
    const batches = [
      testBatch({ first: 0n, values: ['no'], producerId: one }),
      testBatch({ first: 1n, values: ['yes'], producerId: other }),
      testBatch({ first: 2n, values: [''], producerId: one, control: 'abort' }),
      testBatch({ first: 3n, values: ['yes too'], producerId: one }),
      testBatch({ first: 4n, values: [''], producerId: one, control: 'commit' }),
      testBatch({ first: 5n, values: ['no'], producerId: one }),
      testBatch({ first: 6n, values: [''], producerId: one, control: 'abort' }),
    ];
    const aborted = [{ producerId: one, firstOffset: 5n }, { producerId: one, firstOffset: 0n }];
    expect(await read(batches, { aborted })).toEqual({ values: ['yes', 'yes too'], next: 7n, full: false });
    // Begun before the answer: the broker names the transaction all the same.
    expect(await read(batches.slice(5), { from: 5n, aborted })).toEqual({ values: [], next: 7n, full: false });
  });

  it.each([
    ['a wrong checksum', Buffer.concat([plain.subarray(0, -1), Buffer.from([0xff])]), 'wrong checksum'],
    ['a format of old', Buffer.concat([plain.subarray(0, 16), Buffer.from([1]), plain.subarray(17)]), 'older than 2'],
  ])('are refused for %s', async (_case, bytes, text) => {
    await expect(read([bytes])).rejects.toThrow(text);
  });
});

describe('unpacking', () => {
  it.each([
    ['gzip', 1, gzipSync],
    ['zstd', 4, zstdCompressSync],
  ])('with %s leaves the event loop to others, however much a batch holds', async (_name, codec, pack) => {
    const large = pack(Buffer.alloc(MOST_UNPACKED_BYTES));
    const unpacked = decompress(codec, large);
    // What runs on another thread is not done before the event loop has turned.
    const isDone = await Promise.race([unpacked.then(() => true), new Promise<boolean>((resolve) => setImmediate(() => resolve(false)))]);
    expect(isDone).toBe(false);
    expect((await unpacked).length).toBe(MOST_UNPACKED_BYTES);
  });

  it.each([
    ['of bytes that are not what they claim', 1, Buffer.from('no gzip')],
    ['of an unknown codec', 7, Buffer.alloc(0)],
    ['into more than the bound', 1, gzipSync(Buffer.alloc(MOST_UNPACKED_BYTES + 1))],
    ['of an LZ4 frame that may hold more than the bound', 3, Buffer.concat([Buffer.from([4, 0x22, 0x4d, 0x18, 0x60, 0x70, 0]), ...Array.from({ length: 17 }, () => Buffer.from([1, 0, 0, 0, 0]))])],
    ['of an LZ4 frame without a header', 3, Buffer.from([4])],
  ])('%s ends in an error, not in memory', async (_case, codec, bytes) => {
    await expect(decompress(codec, bytes)).rejects.toMatchObject({ name: 'UnreadableBatch' });
  });
});
