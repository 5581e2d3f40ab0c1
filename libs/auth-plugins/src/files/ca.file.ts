import { X509Certificate } from 'node:crypto';
import { StartupError } from '../contract/startup.error.js';
import { readPlainFile } from './owner-only.file.js';

const BLOCK = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;
const BEGIN = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/g;

/**
 * The certificates of a PEM text, all of them: TLS libraries leave out silently what they cannot read, and a bundle that was
 * cut off would trust fewer CAs than it seems to.
 * @returns null when there is none, or one that cannot be read
 */
export const certificatesIn = (pem: string): readonly string[] | null => {
  const blocks = pem.match(BLOCK) ?? [];
  if (blocks.length === 0 || blocks.length !== (pem.match(BEGIN) ?? []).length) return null;
  try {
    return blocks.every((block) => new X509Certificate(block).raw.length > 0) ? blocks : null;
  } catch {
    return null;
  }
};

/** PEM text of a file of CAs. @throws StartupError naming `what` for a file that is missing, empty or cut off */
export const readCaFile = (path: string, what: string): string => {
  const pem = readPlainFile(path, what);
  if (certificatesIn(pem) === null) throw new StartupError(`${what}: ${path} must hold certificates in PEM form, each of them whole`);
  return pem;
};
