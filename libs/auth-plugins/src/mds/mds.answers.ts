import { parseStrictObject } from '../credential/strict-json.js';

const MAX_NODES = 100;
const MAX_TOKEN_LENGTH = 12 * 1024;

/** The token of an answer of `authenticate`; null for a body that is none of MDS's. */
export const parseTokenAnswer = (body: string): string | null => {
  const token = parseStrictObject(body)?.['auth_token'];
  return typeof token === 'string' && token !== '' && token.length <= MAX_TOKEN_LENGTH ? token : null;
};

/** A JSON array of strings, as `activenodes` answers; null for anything else. */
export const parseStringList = (body: string): readonly string[] | null => {
  try {
    const list: unknown = JSON.parse(body);
    return Array.isArray(list) && list.length <= MAX_NODES && list.every((each) => typeof each === 'string') ? list : null;
  } catch {
    return null;
  }
};
