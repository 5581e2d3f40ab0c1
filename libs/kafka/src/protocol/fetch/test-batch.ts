import { gzipSync } from 'node:zlib';
import { Writer, crc32c } from '@platformatic/kafka';
import { encodeRecordBatch } from '../produce/record-batch.codec.js';

export interface TestBatch {
  readonly first: bigint;
  readonly values: readonly string[];
  /** The last offset when compaction took the records behind the last one. */
  readonly last?: bigint;
  readonly producerId?: bigint;
  readonly gzip?: true;
  readonly control?: 'abort' | 'commit';
}

/** A batch as a log holds it, for unit specs of reading. */
export const testBatch = ({ first, values, last, producerId, gzip, control }: TestBatch): Buffer => {
  const key = control === undefined ? null : Buffer.from([0, 0, 0, control === 'abort' ? 0 : 1]);
  const plain = encodeRecordBatch(values.map((value) => ({ topic: 't', partition: 0, key, value: Buffer.from(value), timestamp: 1_000 })), 1_000);
  const batch = gzip === true ? Buffer.concat([plain.subarray(0, 61), gzipSync(plain.subarray(61))]) : plain;
  batch.writeBigInt64BE(first, 0);
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeInt16BE((gzip === true ? 1 : 0) | (producerId === undefined ? 0 : 0x10) | (control === undefined ? 0 : 0x20), 21);
  if (last !== undefined) batch.writeInt32BE(Number(last - first), 23);
  if (producerId !== undefined) batch.writeBigInt64BE(producerId, 43);
  batch.writeUInt32BE(crc32c(Writer.create().append(batch.subarray(21)).dynamicBuffer), 17);
  return batch;
};
