import { createHash } from 'node:crypto';

/**
 * One key for a tuple: every field is length-prefixed before hashing, so that no two tuples share one text
 * ("a" + "b:c" and "a:b" + "c"), and nothing of the fields can be read back (I10). Null and the empty string differ.
 */
export const keyOf = (fields: readonly (string | null)[]): string => {
  const hash = createHash('sha256');
  for (const field of fields) hash.update(field === null ? '-;' : `${Buffer.byteLength(field)}:${field};`);
  return hash.digest('base64url');
};
