import { X509Certificate, createPrivateKey } from 'node:crypto';
import type { Stats } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { certificatesIn, noteRead, readRegularFile } from '@postern/auth-plugins';
import { SettingsError } from './settings-error.js';

const read = (at: string, file: string, check?: (state: Stats) => void): Buffer => {
  try {
    const content = readRegularFile(file, { check });
    noteRead(file, content);
    return content;
  } catch (error) {
    noteRead(file, '');
    if (error instanceof SettingsError) throw error;
    throw new SettingsError([`${at}: ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`]);
  }
};

const certificate = (at: string, file: string, pem: Buffer): X509Certificate => {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new SettingsError([`${at}: ${file} holds no certificate in PEM form`]);
  }
};

/** PEM text of a CA file. @throws SettingsError naming the setting, for a file that is missing, holds no certificate or is cut off */
export const readCaFile = (at: string, file: string): string => {
  const pem = read(at, file).toString('utf8');
  if (certificatesIn(pem) === null) throw new SettingsError([`${at}: ${file} must hold certificates in PEM form, each of them whole`]);
  return pem;
};

/** Certificate and key of a listener that Postern ends TLS on; the key's file must be owner-only and belong to the certificate. */
export const readTlsFiles = (at: string, files: { readonly certFile: string; readonly keyFile: string }, pathOf: (path: string) => string): { readonly cert: Buffer; readonly key: Buffer } => {
  const [certFile, keyFile] = [pathOf(files.certFile), pathOf(files.keyFile)];
  const cert = read(`${at}.certFile`, certFile);
  const key = read(`${at}.keyFile`, keyFile, ({ mode }) => {
    if ((mode & 0o077) !== 0) throw new SettingsError([`${at}.keyFile: ${keyFile} must be owner-only (mode 0600), it is 0${(mode & 0o777).toString(8)}`]);
  });
  if (!belongsTo(certificate(`${at}.certFile`, certFile, cert), key)) throw new SettingsError([`${at}.keyFile: ${keyFile} is not the private key of ${certFile}`]);
  assertChain(`${at}.certFile`, certFile, { cert, key });
  return { cert, key };
};

/** Behind the first certificate too: an open listener takes a chain whole or throws, and by then half of a snapshot would be in force (I27). */
const assertChain = (at: string, file: string, identity: { readonly cert: Buffer; readonly key: Buffer }): void => {
  try {
    createSecureContext(identity);
  } catch {
    throw new SettingsError([`${at}: ${file} holds a chain of certificates that cannot be read to its end`]);
  }
};

const belongsTo = (cert: X509Certificate, key: Buffer): boolean => {
  try {
    return cert.checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
};
