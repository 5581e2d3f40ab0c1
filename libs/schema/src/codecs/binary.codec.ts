import { isJsonNull, type RecordCodec } from './codec.js';

/** Standard alphabet; padding may be left out; nothing else, no white space (Confluent contract §1.3). */
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const SHOWN = 64;

const isBase64 = (text: string): boolean => {
  if (!BASE64.test(text)) return false;
  const digits = text.replace(/=+$/, '').length;
  const padding = text.length - digits;
  return digits % 4 !== 1 && (padding === 0 || (digits + padding) % 4 === 0);
};

const shown = (text: string): string => (text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);

/** Base64 text in JSON. Node's own decoder skips what it does not know, so the alphabet is checked first. */
export const binaryCodec: RecordCodec = {
  format: 'binary',
  encode: (body, slice) => {
    if (isJsonNull(body, slice)) return { kind: 'bytes', bytes: null };
    const json = body.toString('utf8', slice.start, slice.end);
    if (!json.startsWith('"')) return { kind: 'unfit', why: `data=${shown(json)} is not a base64 string.` };
    // '/' may stand escaped in JSON: only then is the string decoded as JSON at all.
    const text = json.includes('\\') ? (JSON.parse(json) as string) : json.slice(1, -1);
    if (!isBase64(text)) return { kind: 'unfit', why: `data="${shown(text)}" is not a valid base64 string.` };
    return { kind: 'bytes', bytes: Buffer.from(text, 'base64') };
  },
};
