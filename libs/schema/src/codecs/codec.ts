import type { JsonSlice } from '../json/json-cursor.js';

/** The embedded formats of REST v2 that need no registry. */
export type PlainFormat = 'binary' | 'json';

/** Record bytes, or one fixed sentence (with the caller's own input) that says why the JSON does not fit the format. */
export type Encoded = { readonly kind: 'bytes'; readonly bytes: Buffer | null } | { readonly kind: 'unfit'; readonly why: string };

/** JSON ↔ bytes of one format. JSON null is a null key or value (a tombstone), which is not the same as empty bytes. */
export interface RecordCodec {
  readonly format: PlainFormat;
  /** @param slice a value that JsonCursor checked, inside `body` */
  encode(body: Buffer, slice: JsonSlice): Encoded;
}

export const isJsonNull = (body: Buffer, { start }: JsonSlice): boolean => body[start] === 0x6e;
