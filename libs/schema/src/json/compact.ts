import type { JsonSlice } from './json-cursor.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * A checked value's bytes without the white space between its tokens, as the Confluent proxy stores JSON. Everything else
 * stays to the byte. Without such white space it is a view into the body: no copy.
 */
export const compactJson = (bytes: Buffer, { start, end, spaced }: JsonSlice): Buffer => {
  if (!spaced) return bytes.subarray(start, end);
  const out = Buffer.allocUnsafe(end - start);
  let length = 0;
  let inString = false;
  for (let i = start; i < end; i++) {
    const c = bytes[i] ?? 0;
    if (inString) {
      out[length++] = c;
      if (c === BACKSLASH) out[length++] = bytes[++i] ?? 0;
      else if (c === QUOTE) inString = false;
    } else if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) {
      out[length++] = c;
      if (c === QUOTE) inString = true;
    }
  }
  return out.subarray(0, length);
};
