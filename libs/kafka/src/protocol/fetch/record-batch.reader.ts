import { crc32c } from '@platformatic/kafka';
import type { FetchedRecord, RecordHeader } from '../../session/session.port.js';
import { UnreadableBatch, decompress } from './decompress.js';
import { VarintReader } from './varint.reader.js';

/** Bytes before what `length` counts, and the fields of a batch of format v2 (KIP-98). */
const PREFIX_BYTES = 12;
const HEADER_BYTES = 61;
const CRC_AT = 17;
const CRC_FROM = 21;
const MAGIC_AT = 16;
const COUNT_AT = 57;

export interface RecordBatch {
  readonly firstOffset: bigint;
  readonly lastOffset: bigint;
  readonly producerId: bigint;
  readonly transactional: boolean;
  /** null for records; for a control batch which end of a transaction it marks. */
  readonly control: 'abort' | 'commit' | 'other' | null;
  /** Its records from `from` on, unpacked now. @throws UnreadableBatch */
  records(from: bigint): Promise<Iterable<FetchedRecord>>;
}

/**
 * The whole batches of a fetch answer. A batch cut off at the end (the answer's limit) is left for the next fetch.
 * @throws UnreadableBatch when a checksum is wrong, or the format is older than Kafka 0.11's
 */
export function* readBatches(bytes: Buffer): Generator<RecordBatch> {
  let at = 0;
  while (bytes.length - at >= PREFIX_BYTES) {
    const end = at + PREFIX_BYTES + bytes.readInt32BE(at + 8);
    if (end > bytes.length || end - at <= MAGIC_AT) return;
    yield readBatch(bytes.subarray(at, end));
    at = end;
  }
}

const readBatch = (batch: Buffer): RecordBatch => {
  if (batch.readInt8(MAGIC_AT) !== 2) throw new UnreadableBatch('record format older than 2');
  if (crc32c(batch.subarray(CRC_FROM)) !== batch.readUInt32BE(CRC_AT)) throw new UnreadableBatch('wrong checksum');
  const attributes = batch.readInt16BE(21);
  const firstOffset = batch.readBigInt64BE(0);
  return {
    firstOffset,
    lastOffset: firstOffset + BigInt(batch.readInt32BE(23)),
    producerId: batch.readBigInt64BE(43),
    transactional: (attributes & 0x10) !== 0,
    control: (attributes & 0x20) === 0 ? null : controlType(batch),
    records: async (from) => readRecords(batch, attributes, firstOffset, from, await decompress(attributes & 0x07, batch.subarray(HEADER_BYTES))),
  };
};

/** The key of a control record: version and type, 16 bits each; 0 is an abort, 1 a commit. */
const controlType = (batch: Buffer): 'abort' | 'commit' | 'other' => {
  // Compaction keeps the last batch of a producer with nothing in it but its sequence (KIP-98).
  if (batch.readInt32BE(COUNT_AT) === 0) return 'other';
  const reader = new VarintReader(batch.subarray(HEADER_BYTES));
  reader.skip(reader.varint() >= 0 ? 1 : 0);
  reader.varint();
  reader.varint();
  const key = reader.bytes();
  if (key === null || key.length < 4) return 'other';
  const type = key.readInt16BE(2);
  return type === 0 ? 'abort' : type === 1 ? 'commit' : 'other';
};

function* readRecords(batch: Buffer, attributes: number, firstOffset: bigint, from: bigint, unpacked: Buffer): Generator<FetchedRecord> {
  const firstTimestamp = Number(batch.readBigInt64BE(27));
  const logAppend = (attributes & 0x08) !== 0;
  const lastTimestamp = Number(batch.readBigInt64BE(35));
  const count = batch.readInt32BE(COUNT_AT);
  const reader = new VarintReader(unpacked);
  for (let i = 0; i < count; i++) {
    const length = reader.varint();
    const end = reader.at + length;
    reader.skip(1);
    const age = reader.varint();
    const offset = firstOffset + BigInt(reader.varint());
    if (offset >= from) {
      const key = reader.bytes();
      const value = reader.bytes();
      const headers = readHeaders(reader);
      // With log-append times the broker stamps the batch, not its records.
      yield { offset, timestamp: logAppend ? lastTimestamp : firstTimestamp + age, timestampType: logAppend ? 'log-append' : 'create', key, value, headers };
    }
    reader.moveTo(end);
  }
}

const readHeaders = (reader: VarintReader): RecordHeader[] => {
  const headers: RecordHeader[] = [];
  for (let left = reader.varint(); left > 0; left--) headers.push({ name: reader.bytes()?.toString('utf8') ?? '', value: reader.bytes() });
  return headers;
};
