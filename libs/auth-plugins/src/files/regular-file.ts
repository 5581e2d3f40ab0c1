import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';

/** Revocation lists of large CAs are a few MiB; nothing else that a setting names comes near it. */
const MOST_BYTES = 32 * 1024 * 1024;

export interface RegularFileOptions {
  /** Judges the open descriptor, so that what is checked is what is read. */
  readonly check?: ((state: Stats) => void) | undefined;
  readonly mostBytes?: number;
}

/** Why a path is not read although it could be opened. */
export class NoRegularFile extends Error {
  constructor(readonly code: 'not-a-regular-file' | 'too-large') {
    super(code);
  }
}

/**
 * The whole of one configured file. Files are read on the thread that answers requests, so nothing here may wait or last: a
 * named pipe in the place of a file would stop every caller until somebody writes into it.
 * @throws NoRegularFile, an error of Node's with `code`, what `check` throws
 */
export const readRegularFile = (path: string, { check, mostBytes = MOST_BYTES }: RegularFileOptions = {}): Buffer => {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const state = fstatSync(descriptor);
    if (!state.isFile()) throw new NoRegularFile('not-a-regular-file');
    if (state.size > mostBytes) throw new NoRegularFile('too-large');
    check?.(state);
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
};
