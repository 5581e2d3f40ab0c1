import { RequestError } from '../http/request-error.js';

/** Not a number of a partition → 404/404, as parameters that cannot be converted are answered (Confluent contract 0.1). */
export const partitionParameter = (text: string): number => {
  const number = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
  if (!(number < 2 ** 31)) throw new RequestError('PARAMETER_NOT_FOUND');
  return number;
};
