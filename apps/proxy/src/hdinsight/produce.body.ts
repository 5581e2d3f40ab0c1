import { encodeText, JsonCursor, JsonFault, type JsonSlice } from '@postern/schema';
import type { ProduceRecord } from '@postern/kafka';
import { RequestError } from '../http/request-error.js';

const NULL = 0x6e;
const bad = (sentence: string) => new RequestError('BAD_REQUEST', `Bad Request: ${sentence}.`);

/**
 * `{"records":[{"value", "key"?, "partition"?}…]}` (reference §1.6). A record must have a value, which may be null where null is a tombstone.
 * @throws RequestError INVALID_JSON, BAD_REQUEST naming the record, TOO_MANY_RECORDS
 */
export const parseHdinsightRecords = (body: Buffer, topic: string, limits: { readonly records: number; readonly depth: number }, nullValue: 'tombstone' | 'refused' = 'tombstone'): ProduceRecord[] => {
  if (body.length === 0) throw bad('the request body must not be empty');
  const records: ProduceRecord[] = [];
  try {
    const cursor = new JsonCursor(body, limits.depth);
    cursor.object((name) => {
      if (name !== 'records' || records.length > 0) throw bad(name === 'records' ? 'records stands twice' : 'unrecognized field beside records');
      cursor.array(() => {
        if (records.length >= limits.records) throw new RequestError('TOO_MANY_RECORDS', `More than ${limits.records} records in one request.`);
        records.push(readRecord(nullValue, cursor, body, topic, records.length));
      });
    });
    if (!cursor.atEnd()) throw bad('text after the end of the JSON value');
  } catch (error) {
    if (error instanceof JsonFault) throw new RequestError('INVALID_JSON', `Bad Request: ${error.message}.`);
    throw error;
  }
  if (records.length === 0) throw bad('records must be a list that is not empty');
  return records;
};

const readRecord = (nullValue: 'tombstone' | 'refused', cursor: JsonCursor, body: Buffer, topic: string, index: number): ProduceRecord => {
  const found: { key?: JsonSlice; value?: JsonSlice; partition?: JsonSlice } = {};
  cursor.object((name) => {
    if (name !== 'key' && name !== 'value' && name !== 'partition') throw bad(`records[${index}] has an unrecognized field`);
    if (found[name] !== undefined) throw bad(`records[${index}].${name} stands twice`);
    found[name] = cursor.value();
  });
  if (found.value === undefined) throw bad(`records[${index}] has no value`);
  if (nullValue === 'refused' && body[found.value.start] === NULL) throw bad(`records[${index}].value must not be null`);
  return { topic, partition: partitionOf(body, found.partition, index), key: found.key === undefined ? null : encodeText(body, found.key), value: encodeText(body, found.value) };
};

const partitionOf = (body: Buffer, slice: JsonSlice | undefined, index: number): number | null => {
  if (slice === undefined || body[slice.start] === NULL) return null;
  const text = body.toString('latin1', slice.start, slice.end);
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(number < 2 ** 31)) throw bad(`records[${index}].partition must be a partition's number`);
  return number;
};
