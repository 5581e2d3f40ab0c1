/** Text that is safe to be a subject or a name: what people see is what is compared, byte for byte (I8). */
const MAX_CHARACTERS = 256;

/** Controls (bidi and zero-width are format characters), lone surrogates, private use, unassigned, odd separators. */
const FORBIDDEN = /[\p{C}\p{Zl}\p{Zp}]/u;
/** Letters and marks by category that print as nothing: variation selectors, fillers, joiners (Unicode 4.1 and after). */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u;

export const isIdentityText = (text: unknown): text is string =>
  typeof text === 'string' &&
  text.length > 0 &&
  text.length <= MAX_CHARACTERS &&
  text.trim() === text &&
  !FORBIDDEN.test(text) &&
  !INVISIBLE.test(text);
