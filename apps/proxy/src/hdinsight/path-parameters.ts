import { RequestError } from '../http/request-error.js';

const MAX_INT64 = 2n ** 63n - 1n;
const bad = (what: string) => new RequestError('BAD_REQUEST', `Bad Request: ${what} must be a whole number.`);

/** A partition of the path; a partition that the topic lacks is for Kafka to say. */
export const partitionNumber = (text: string): number => {
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(number < 2 ** 31)) throw bad('partition');
  return number;
};

/** The sample sends the text `None` when it has lost its place (reference §2): 400, never 500. */
export const offsetNumber = (text: string): bigint => {
  const number = /^\d{1,19}$/.test(text) ? BigInt(text) : -1n;
  if (number < 0n || number > MAX_INT64) throw bad('offset');
  return number;
};

/** At most this many records in one answer; 1 when the caller does not say. */
export const countNumber = (query: unknown, most: number): number => {
  if (query === undefined) return 1;
  if (typeof query !== 'string' || !/^[1-9]\d{0,8}$/.test(query)) throw bad('count');
  return Math.min(Number(query), most);
};
