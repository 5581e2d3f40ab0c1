import { createPublicKey, type KeyObject } from 'node:crypto';
import { resolve } from 'node:path';
import { StartupError } from '../contract/startup.error.js';
import { readPlainFile } from '../files/owner-only.file.js';

const MIN_BITS = 2048;

/**
 * MDS publishes no key set: operators copy its public key as PEM to every component. Several at once, so that a change
 * of key needs no moment at which everyone changes together. PKCS #1 and SubjectPublicKeyInfo are both taken.
 * @throws StartupError for an unreadable file, a private key, and a key that is not RSA of 2048 bits or more
 */
export const readPinnedKeys = (files: readonly string[], baseDir: string, at: string): readonly KeyObject[] =>
  files.map((file, i) => {
    const what = `${at}.${i}`;
    const pem = readPlainFile(resolve(baseDir, file), what);
    // Node would take the public half out of it and say nothing of the signing key of the whole platform lying here.
    if (pem.includes('PRIVATE KEY')) throw new StartupError(`${what}: holds a private key; the public one belongs here`);
    const key = publicKeyOf(pem);
    if (key === null || key.asymmetricKeyType !== 'rsa') throw new StartupError(`${what}: holds no RSA public key in PEM form`);
    if ((key.asymmetricKeyDetails?.modulusLength ?? 0) < MIN_BITS) throw new StartupError(`${what}: an RSA key under ${MIN_BITS} bits`);
    return key;
  });

const publicKeyOf = (pem: string): KeyObject | null => {
  try {
    return createPublicKey(pem);
  } catch {
    return null;
  }
};
