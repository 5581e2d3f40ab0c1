import { Writer, crc32c } from '@platformatic/kafka';
import type { ProduceRecord } from '../../session/session.port.js';
import type { CompressionName } from '../../session/producer.settings.js';
import { CODEC, compress } from './compress.js';
import type { Stamp } from './partition.sequences.js';

/** Bytes of a batch before its records: offset 8, length 4, epoch 4, magic 1, crc 4, and what the crc covers from there. */
const HEADER_BYTES = 61;
const CRC_AT = 17;
const CRC_FROM = 21;
const MAGIC = 2;
const LENGTH_AT = 8;
const ATTRIBUTES_AT = 21;
const NO_STAMP: Stamp = { id: -1n, epoch: -1, sequence: -1 };

/**
 * One record batch of format v2 (KIP-98), uncompressed. Our own, because the library's encoder writes
 * wrong timestamps: a record older than the first of its batch comes out newer (2.12.1, negative varlongs).
 * @param now epoch ms, the time of records that bring none
 * @param stamp of an idempotent producer; absent: of none
 */
export const encodeRecordBatch = (records: readonly ProduceRecord[], now: number, stamp: Stamp = NO_STAMP): Buffer => {
  const base = records[0]?.timestamp ?? now;
  let latest = base;
  let bytes = HEADER_BYTES;
  const lengths: number[] = [];
  for (let i = 0; i < records.length; i++) {
    const record = records[i] as ProduceRecord;
    const timestamp = record.timestamp ?? now;
    if (timestamp > latest) latest = timestamp;
    const length = recordLength(record, timestamp - base, i);
    lengths.push(length);
    bytes += varintLength(length * 2) + length;
  }
  const batch = Buffer.allocUnsafe(bytes);
  writeHeader(batch, records.length, base, latest, stamp);
  let at = HEADER_BYTES;
  for (let i = 0; i < records.length; i++) {
    const record = records[i] as ProduceRecord;
    at = writeVarint(batch, at, (lengths[i] as number) * 2);
    at = writeRecord(batch, at, record, (record.timestamp ?? now) - base, i);
  }
  return sealed(batch);
};

/** The same batch with its records compressed; as it was when that would make it larger. */
export const compressBatch = async (batch: Buffer, name: CompressionName): Promise<Buffer> => {
  if (name === 'none') return batch;
  const records = await compress(name, batch.subarray(HEADER_BYTES));
  if (records.length >= batch.length - HEADER_BYTES) return batch;
  const smaller = Buffer.concat([batch.subarray(0, HEADER_BYTES), records]);
  smaller.writeInt32BE(smaller.length - LENGTH_AT - 4, LENGTH_AT);
  smaller.writeInt16BE(CODEC[name], ATTRIBUTES_AT);
  return sealed(smaller);
};

/** The wrapper spares the native checksum a copy of the whole batch. */
const sealed = (batch: Buffer): Buffer => {
  batch.writeUInt32BE(crc32c(Writer.create().append(batch.subarray(CRC_FROM)).dynamicBuffer), CRC_AT);
  return batch;
};

const writeHeader = (batch: Buffer, records: number, base: number, latest: number, { id, epoch, sequence }: Stamp): void => {
  batch.writeBigInt64BE(0n, 0);
  batch.writeInt32BE(batch.length - LENGTH_AT - 4, LENGTH_AT);
  batch.writeInt32BE(-1, 12);
  batch.writeInt8(MAGIC, 16);
  batch.writeInt16BE(0, ATTRIBUTES_AT);
  batch.writeInt32BE(records - 1, 23);
  batch.writeBigInt64BE(BigInt(base), 27);
  batch.writeBigInt64BE(BigInt(latest), 35);
  batch.writeBigInt64BE(id, 43);
  batch.writeInt16BE(epoch, 51);
  batch.writeInt32BE(sequence, 53);
  batch.writeInt32BE(records, 57);
};

const writeRecord = (batch: Buffer, start: number, { key, value, headers }: ProduceRecord, age: number, offset: number): number => {
  let at = batch.writeInt8(0, start);
  at = writeVarint(batch, at, zigzag(age));
  at = writeVarint(batch, at, offset * 2);
  at = writeBytes(batch, at, key);
  at = writeBytes(batch, at, value);
  at = writeVarint(batch, at, (headers?.length ?? 0) * 2);
  for (const header of headers ?? []) {
    const bytes = Buffer.byteLength(header.name);
    at = writeVarint(batch, at, bytes * 2);
    at += batch.write(header.name, at, bytes);
    at = writeBytes(batch, at, header.value);
  }
  return at;
};

const recordLength = ({ key, value, headers }: ProduceRecord, age: number, offset: number): number => {
  let length = 1 + varintLength(zigzag(age)) + varintLength(offset * 2) + bytesLength(key) + bytesLength(value) + varintLength((headers?.length ?? 0) * 2);
  for (const header of headers ?? []) {
    const bytes = Buffer.byteLength(header.name);
    length += varintLength(bytes * 2) + bytes + bytesLength(header.value);
  }
  return length;
};

/** Kafka's null is a length of -1, apart from empty. */
const writeBytes = (batch: Buffer, at: number, bytes: Buffer | null): number => {
  if (bytes === null) return writeVarint(batch, at, 1);
  const from = writeVarint(batch, at, bytes.length * 2);
  batch.set(bytes, from);
  return from + bytes.length;
};

const bytesLength = (bytes: Buffer | null): number => (bytes === null ? 1 : varintLength(bytes.length * 2) + bytes.length);

/** Zigzag in plain arithmetic: bit operations of JavaScript end at 32 bits, ages of records do not. Exact below 2^52 ms. */
const zigzag = (value: number): number => (value >= 0 ? value * 2 : value * -2 - 1);

const writeVarint = (batch: Buffer, start: number, zigzagged: number): number => {
  let at = start;
  let rest = zigzagged;
  while (rest >= 0x80) {
    batch[at++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  batch[at++] = rest;
  return at;
};

const varintLength = (zigzagged: number): number => {
  let length = 1;
  for (let rest = zigzagged; rest >= 0x80; rest = Math.floor(rest / 0x80)) length++;
  return length;
};
