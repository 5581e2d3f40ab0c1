import { createHmac, randomBytes } from 'node:crypto';
import { readBasicCredential } from '@postern/auth-plugins';
import type { PresentedCredential } from '../authn/presented-credential.js';

/** Per process: lines of one run can be told to be about one name, and nobody can try names against a stolen log. */
const KEY = randomBytes(32);

/**
 * What a failed login may say of the name that was typed: an HMAC, because a typed name is often a password (I30).
 * Undefined where no name was typed.
 */
export const typedName = (presented: PresentedCredential): string | undefined => {
  if (presented.kind !== 'basic') return undefined;
  const credential = readBasicCredential(presented.secret.reveal());
  return credential.kind === 'credential' ? createHmac('sha256', KEY).update(credential.loginName).digest('base64url').slice(0, 22) : undefined;
};
