import { binaryCodec, jsonCodec, JsonCursor, JsonFault, type JsonSlice, type PlainFormat, type RecordCodec } from '@postern/schema';
import type { ProduceRecord } from '@postern/kafka';
import { RequestError } from '../http/request-error.js';

const CODECS: Record<PlainFormat, RecordCodec> = { binary: binaryCodec, json: jsonCodec };
const INTEGER = /^-?\d{1,10}$/;
const LIMIT = 2 ** 31;

export interface ProduceBodyLimits {
  readonly records: number;
  readonly depth: number;
}

/**
 * Reads `{"records":[{"key"?,"value"?,"partition"?}…]}` (Confluent contract §1.3) into records, slicing the body. All
 * records are encoded before any is sent, so that one bad record fails the request and nothing is written.
 * @param partition the partition of the path, for records that name none
 * @throws RequestError INVALID_JSON, BAD_REQUEST, UNRECOGNIZED_FIELD, UNPROCESSABLE, TOO_MANY_RECORDS, UNFIT_RECORD
 */
export const parseProduceBody = async (body: Buffer, topic: string, format: PlainFormat, limits: ProduceBodyLimits, partition: number | null = null): Promise<ProduceRecord[]> => {
  try {
    return await readEnvelope(body, topic, CODECS[format], limits, partition);
  } catch (error) {
    if (error instanceof JsonFault) throw new RequestError('INVALID_JSON', `Bad Request: ${error.message}.`);
    throw error;
  }
};

/** A body is read in pieces of this many bytes, a fraction of a millisecond each; then others get their turn (Must 14). */
const PIECE = 256 * 1024;

const readEnvelope = async (body: Buffer, topic: string, codec: RecordCodec, limits: ProduceBodyLimits, partition: number | null): Promise<ProduceRecord[]> => {
  if (body.length === 0) throw new RequestError('UNPROCESSABLE', 'The request body must not be empty.');
  const cursor = new JsonCursor(body, limits.depth);
  if (cursor.peek() === NULL) {
    cursor.value();
    requireEnd(cursor);
    throw new RequestError('UNPROCESSABLE', 'The request body must not be null.');
  }
  requireKind(cursor, '{', 'the request body must be a JSON object');
  const records: ProduceRecord[] = [];
  let seen = false;
  let pauseAt = PIECE;
  for (const name of cursor.members()) {
    if (name !== 'records') throw unrecognized(name);
    if (seen) throw twice(name);
    seen = true;
    if (cursor.peek() === NULL) {
      cursor.value();
      continue;
    }
    requireKind(cursor, '[', 'records must be an array');
    for (const _ of cursor.items()) {
      if (records.length >= limits.records) throw new RequestError('TOO_MANY_RECORDS', `More than ${limits.records} records in one request.`);
      records.push(readRecord(cursor, body, topic, codec, partition));
      if (cursor.position < pauseAt) continue;
      pauseAt = cursor.position + PIECE;
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }
  requireEnd(cursor);
  if (records.length === 0) throw new RequestError('UNPROCESSABLE', 'records must not be empty.');
  return records;
};

const readRecord = (cursor: JsonCursor, body: Buffer, topic: string, codec: RecordCodec, pathPartition: number | null): ProduceRecord => {
  requireKind(cursor, '{', 'a record must be a JSON object');
  let key: JsonSlice | undefined;
  let value: JsonSlice | undefined;
  let partition: JsonSlice | undefined;
  cursor.object((name) => {
    switch (name) {
      case 'key':
        if (key !== undefined) throw twice(name);
        key = cursor.value();
        return;
      case 'value':
        if (value !== undefined) throw twice(name);
        value = cursor.value();
        return;
      case 'partition':
        if (partition !== undefined) throw twice(name);
        partition = cursor.value();
        return;
      default:
        throw unrecognized(name);
    }
  });
  return { topic, partition: partitionOf(body, partition) ?? pathPartition, key: encode(codec, body, key), value: encode(codec, body, value) };
};

const encode = (codec: RecordCodec, body: Buffer, slice: JsonSlice | undefined): Buffer | null => {
  if (slice === undefined) return null;
  const encoded = codec.encode(body, slice);
  if (encoded.kind === 'unfit') throw new RequestError('UNFIT_RECORD', `Bad Request: ${encoded.why}`);
  return encoded.bytes;
};

/** A whole number of 32 bits, or absent. Whether the topic has it is for the session to say, record by record. */
const partitionOf = (body: Buffer, slice: JsonSlice | undefined): number | null => {
  if (slice === undefined) return null;
  const text = body.toString('latin1', slice.start, slice.end);
  if (text === 'null') return null;
  const number = Number(text);
  if (!INTEGER.test(text) || number >= LIMIT || number < -LIMIT) throw new RequestError('BAD_REQUEST', 'Bad Request: partition must be a whole number.');
  return number;
};

const NULL = 0x6e;

const requireKind = (cursor: JsonCursor, open: '{' | '[', sentence: string): void => {
  if (cursor.peek() === open.charCodeAt(0)) return;
  // What stands there may be no JSON at all: that is the more useful thing to say.
  cursor.value();
  throw new RequestError('BAD_REQUEST', `Bad Request: ${sentence}.`);
};

/** The original ignores what follows the value; here it is refused, because silence would lose a caller's records. */
const requireEnd = (cursor: JsonCursor): void => {
  if (!cursor.atEnd()) throw new RequestError('INVALID_JSON', `Bad Request: text after the end of the JSON value at byte ${cursor.position}.`);
};

const shown = (name: string): string => (name.length > 64 ? `${name.slice(0, 64)}…` : name);
const unrecognized = (name: string): RequestError => new RequestError('UNRECOGNIZED_FIELD', `Unrecognized field: ${shown(name)}`);
const twice = (name: string): RequestError => new RequestError('BAD_REQUEST', `Bad Request: ${name} stands twice.`);
