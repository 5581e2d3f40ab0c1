/** Text that is safe to be a subject or a name: what people see is what is compared, byte for byte (I8). */
const MAX_CHARACTERS = 256;

/** Controls (bidi and zero-width are format characters), lone surrogates, private use, unassigned, odd separators. */
const FORBIDDEN = /[\p{C}\p{Zl}\p{Zp}]/u;
/** Characters that are letters or marks by category, yet print as nothing. */
const INVISIBLE = /[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0]/u;

export const isIdentityText = (text: unknown): text is string =>
  typeof text === 'string' &&
  text.length > 0 &&
  text.length <= MAX_CHARACTERS &&
  text.trim() === text &&
  !FORBIDDEN.test(text) &&
  !INVISIBLE.test(text);
