import { compactJson } from '../json/compact.js';
import type { JsonSlice } from '../json/json-cursor.js';
import { isJsonNull } from './codec.js';

const QUOTE = 0x22;
const ESCAPED_UNIT = /\\(?:u([0-9a-fA-F]{4})|.)/gs;

/**
 * How the HDInsight API stores a value: a JSON string as its own text without quotes, a number with its digits, anything
 * else as compact JSON in member order and plain UTF-8; null is a tombstone. Strings pass byte-exact, so that text which a
 * caller has serialised itself survives untouched.
 */
export const encodeText = (body: Buffer, slice: JsonSlice): Buffer | null => {
  if (isJsonNull(body, slice)) return null;
  if (body[slice.start] === QUOTE) return Buffer.from(JSON.parse(body.toString('utf8', slice.start, slice.end)) as string);
  const json = compactJson(body, slice);
  return json.includes('\\u') ? Buffer.from(unescapeText(json.toString())) : json;
};

/** `\u00e9` becomes é inside strings; what JSON must escape, and a surrogate without its half, stays as it is. */
const unescapeText = (json: string): string =>
  json.replace(/\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\(?:u[0-9a-fA-F]{4}|.)/gs, (escape) => {
    if (escape[1] !== 'u') return escape;
    const text = escape.replace(ESCAPED_UNIT, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    return text.isWellFormed() && text > '\u007f' ? text : escape;
  });

/** A stored value as the text that the HDInsight API returns; bytes that are no UTF-8 show as replacement characters. */
export const decodeText = (bytes: Buffer | null): string | null => (bytes === null ? null : bytes.toString('utf8'));
