import type { Stats } from 'node:fs';
import { StartupError } from '../contract/startup.error.js';
import { noteRead } from './file-reads.js';
import { readRegularFile } from './regular-file.js';

/** Group and others: no right at all. */
const OTHERS = 0o077;

/**
 * Reads a file that holds a secret (I16). The open descriptor is checked, so that what is checked is what is read.
 * @param what names the setting in the error
 * @throws StartupError when it cannot be read, is readable by others, or belongs to someone else
 */
export const readOwnerOnlyFile = (path: string, what: string): string =>
  readNoted(path, what, ({ mode, uid }) => {
    if ((mode & OTHERS) !== 0) throw new StartupError(`${what}: ${path} must be owner-only (mode 0600), it is 0${(mode & 0o777).toString(8)}`);
    const own = process.getuid?.();
    if (own !== undefined && uid !== own && uid !== 0) throw new StartupError(`${what}: ${path} belongs to another account`);
  });

/** @throws StartupError when a file that is no secret (a CA) cannot be read */
export const readPlainFile = (path: string, what: string): string => readNoted(path, what);

/** A file that was refused is noted too: it has to be watched until it is mended (I27). */
const readNoted = (path: string, what: string, check?: (state: Stats) => void): string => {
  try {
    const text = readRegularFile(path, { check }).toString('utf8');
    noteRead(path, text);
    return text;
  } catch (error) {
    noteRead(path, '');
    if (error instanceof StartupError) throw error;
    throw new StartupError(`${what}: ${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`);
  }
};
