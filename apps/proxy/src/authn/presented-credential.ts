import type { IncomingMessage } from 'node:http';
import { parseAuthorization } from '@postern/auth-plugins';

/** What the caller showed, parsed strictly; the secret lives in a `Secret` and nowhere else. */
export type PresentedCredential = ReturnType<typeof parseAuthorization>;

const REDACTED = '<redacted>';

/**
 * Takes the credential out of a request: after this no string in the request's object graph holds it (I29). Node keeps a
 * header three times (`rawHeaders`, `headers`, `headersDistinct`, the latter two made lazily from the first), so the raw
 * list is blanked before anyone reads the others.
 */
export const takeCredential = (request: IncomingMessage): PresentedCredential => {
  const raw = request.rawHeaders;
  const presented = parseAuthorization(raw);
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]?.toLowerCase();
    if (name === 'authorization' || name === 'proxy-authorization' || name === 'cookie') raw[i + 1] = REDACTED;
  }
  delete request.headers.authorization;
  delete request.headers['proxy-authorization'];
  delete request.headers.cookie;
  return presented;
};
