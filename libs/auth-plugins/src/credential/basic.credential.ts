/** A login name and password as typed, not yet believed. */
export type BasicCredential =
  | { readonly kind: 'credential'; readonly loginName: string; readonly password: string }
  | { readonly kind: 'refused'; readonly reason: 'malformed' | 'refused-form' };

const HEADER = /^Basic +([A-Za-z0-9+/]{1,2048}={0,2})$/i;
/** C0, DEL and C1: no directory name or password of a person holds them, and NUL cuts strings in C servers. */
const CONTROL = /\p{Cc}/u;
const MAX_LOGIN_CHARACTERS = 256;
const MAX_PASSWORD_BYTES = 1024;

/**
 * RFC 7617: base64 of UTF-8, split at the first colon, so that a password may hold more of them. Empty passwords are
 * refused here: RFC 4513 section 5.1.2 lets a directory answer "success" to a name without one.
 */
export const readBasicCredential = (headerValue: string): BasicCredential => {
  const base64 = HEADER.exec(headerValue)?.[1];
  if (base64 === undefined) return { kind: 'refused', reason: 'malformed' };
  const bytes = Buffer.from(base64, 'base64');
  // Node's decoder forgives; what does not print back to the same text was no base64.
  const canonical = bytes.toString('base64');
  if (canonical !== base64 && canonical.replace(/=+$/, '') !== base64) return { kind: 'refused', reason: 'malformed' };
  const text = decodeUtf8(bytes);
  const colon = text?.indexOf(':') ?? -1;
  if (text === null || colon < 0) return { kind: 'refused', reason: 'malformed' };
  const loginName = text.slice(0, colon);
  const password = text.slice(colon + 1);
  if (loginName.trim() === '' || password === '') return { kind: 'refused', reason: 'refused-form' };
  if (CONTROL.test(text)) return { kind: 'refused', reason: 'refused-form' };
  if (loginName.length > MAX_LOGIN_CHARACTERS || Buffer.byteLength(password) > MAX_PASSWORD_BYTES) return { kind: 'refused', reason: 'refused-form' };
  return { kind: 'credential', loginName, password };
};

const decodeUtf8 = (bytes: Buffer): string | null => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
};
