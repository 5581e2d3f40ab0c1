import { parse } from 'content-type';
import { LRUCache } from 'lru-cache';
import Negotiator from 'negotiator';

/** Type without parameters, lower case, and its charset. Null for a header that is no media type. */
export interface MediaType {
  readonly type: string;
  readonly charset: string | null;
}

// Callers repeat a few values for ever; parsing them once takes both parsers off the hot path.
const types = new LRUCache<string, { parsed: MediaType | null }>({ max: 200 });
const choices = new LRUCache<string, { choice: string | null }>({ max: 200 });

export const parseMediaType = (header: string): MediaType | null => {
  const known = types.get(header);
  if (known !== undefined) return known.parsed;
  const parsed = parseAfresh(header);
  if (header.length <= 200) types.set(header, { parsed });
  return parsed;
};

const parseAfresh = (header: string): MediaType | null => {
  try {
    const { type, parameters } = parse(header);
    return /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(type) ? { type: type.toLowerCase(), charset: parameters['charset']?.toLowerCase() ?? null } : null;
  } catch {
    return null;
  }
};

/** The best of `offered` (in our order of preference) for an Accept header; null when none fits (406). */
export const chooseMediaType = (accept: string | undefined, offered: readonly string[]): string | null => {
  if (accept === undefined || accept === '' || accept === '*/*') return offered[0] ?? null;
  const key = `${accept}\n${offered.join()}`;
  const known = choices.get(key);
  if (known !== undefined) return known.choice;
  const choice = new Negotiator({ headers: { accept } }).mediaType([...offered]) ?? null;
  if (accept.length <= 400) choices.set(key, { choice });
  return choice;
};
