import { Reader, crc32c, readRecordsBatch } from '@platformatic/kafka';
import { describe, expect, it } from 'vitest';
import type { ProduceRecord } from '../../session/session.port.js';
import { encodeRecordBatch } from './record-batch.codec.js';

const NOW = 1_800_000_000_000;
const record = (more: Partial<ProduceRecord>): ProduceRecord => ({ topic: 't', partition: 0, key: null, value: null, ...more });
/** Fields apart, for people. */
const hex = (fields: string): string => fields.replaceAll(' ', '');

describe('a record batch', () => {
  it('is byte for byte what the format says', () => {
    const batch = encodeRecordBatch([record({ key: Buffer.from('k'), value: Buffer.from('vv'), headers: [{ name: 'h', value: null }] })], NOW);
    expect(batch.subarray(0, 17).toString('hex')).toBe(hex('0000000000000000 0000003e ffffffff 02'));
    expect(batch.subarray(21, 61).toString('hex')).toBe(hex('0000 00000000 000001a3185c5000 000001a3185c5000 ffffffffffffffff ffff ffffffff 00000001'));
    // length 12, attributes, age 0, offset 0, key 1 byte, value 2 bytes, 1 header: name 1 byte, null
    expect(batch.subarray(61).toString('hex')).toBe(hex('18 00 00 00 02 6b 04 7676 02 02 68 01'));
    expect(batch.readUInt32BE(17)).toBe(crc32c(batch.subarray(21)));
  });

  it('reads back alike: null and empty, headers in order and twice, UTF-8, many records', () => {
    const headers = [
      { name: 'a', value: Buffer.from('1') },
      { name: 'ü', value: null },
      { name: 'a', value: Buffer.alloc(0) },
    ];
    const sent = [record({}), record({ key: Buffer.alloc(0), value: Buffer.alloc(0) }), record({ value: Buffer.alloc(70_000, 7), headers }), ...Array.from({ length: 300 }, (_, i) => record({ value: Buffer.from(`${i}`) }))];
    const read = readRecordsBatch(Reader.from(encodeRecordBatch(sent, NOW)));
    expect(read.records).toHaveLength(303);
    expect(read.records.map(({ offsetDelta, key, value }) => [offsetDelta, key, value])).toEqual(sent.map(({ key, value }, i) => [i, key, value]));
    expect(read.records[2]?.headers).toEqual(headers.map(({ name, value }) => [Buffer.from(name), value]));
  });

  it.each([
    ['older than the first by ten years', [NOW, NOW - 315_000_000_000]],
    ['newer by a millisecond', [5, 6]],
    ['at the ends of what is representable', [0, 2 ** 51, 1]],
    ['without a time beside one with', [undefined, NOW - 1]],
  ])('keeps the times of records %s', (_case, times) => {
    const batch = encodeRecordBatch(times.map((timestamp) => record(timestamp === undefined ? {} : { timestamp })), NOW);
    const expected = times.map((timestamp) => BigInt(timestamp ?? NOW));
    // Read by hand: the library's reader is not trusted with negative varlongs either.
    let at = 61;
    const varlong = (): bigint => {
      let value = 0n;
      for (let shift = 0n; ; shift += 7n) {
        const byte = batch[at++] as number;
        value |= BigInt(byte & 0x7f) << shift;
        if (byte < 0x80) return (value >> 1n) ^ -(value & 1n);
      }
    };
    const read = times.map(() => {
      const end = Number(varlong()) + at;
      at++;
      const time = batch.readBigInt64BE(27) + varlong();
      at = end;
      return time;
    });
    expect(read).toEqual(expected);
    expect(batch.readBigInt64BE(35)).toBe(expected.reduce((a, b) => (a > b ? a : b)));
  });
});
