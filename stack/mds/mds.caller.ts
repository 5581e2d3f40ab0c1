import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { resultCode, withLdap } from '../src/directory/ldap.session.ts';
import { personDn } from '../src/directory/people.ts';
import type { MdsSettings } from './mds.settings.ts';
import { subjectOf } from './mds.token.ts';
import type { SigningKey } from './signing-key.ts';

/** Names that need no escape in a DN: the double's directory has no others that may log in here. */
const PLAIN_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const INVALID_CREDENTIALS = 49;

/** The CN of a client certificate that verified; null for none. */
export const certificateName = (socket: Socket): string | null => {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return null;
  const { CN } = socket.getPeerCertificate().subject;
  return typeof CN === 'string' ? CN : null;
};

/**
 * Who calls MDS, by Basic (a real bind) or by one of its own tokens; null for nobody. The name stays as it was typed, as
 * with the real one: "ALICE" gets a token for "ALICE".
 * @throws Error when the directory did not say
 */
export const callerOf = async (authorization: string | undefined, key: SigningKey, directory: MdsSettings['directory']): Promise<string | null> => {
  const [scheme = '', credential = ''] = (authorization ?? '').split(' ');
  if (scheme.toLowerCase() === 'bearer') return subjectOf(credential, key.publicKey);
  if (scheme.toLowerCase() !== 'basic') return null;
  const text = Buffer.from(credential, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  const [name, password] = [text.slice(0, colon), text.slice(colon + 1)];
  if (colon < 0 || password === '' || !PLAIN_NAME.test(name)) return null;
  try {
    return await withLdap({ ...directory, dn: personDn(name), password }, () => Promise.resolve(name));
  } catch (error) {
    if (resultCode(error) === INVALID_CREDENTIALS) return null;
    throw error;
  }
};
