import { compactJson } from '../json/compact.js';
import { isJsonNull, type RecordCodec } from './codec.js';

/** Any JSON value, stored as its own compact text (design, Must 16). */
export const jsonCodec: RecordCodec = {
  format: 'json',
  encode: (body, slice) => ({ kind: 'bytes', bytes: isJsonNull(body, slice) ? null : compactJson(body, slice) }),
};
