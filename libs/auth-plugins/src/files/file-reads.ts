import { hash } from 'node:crypto';

/** What was read while something was built: a digest of each file's content by its path. */
export type FileReads = Map<string, string>;

const collecting: FileReads[] = [];

/** Called by everything that reads a configured file. */
export const noteRead = (path: string, content: string | Buffer): void => {
  if (collecting.length === 0) return;
  const digest = digestOf(content);
  for (const reads of collecting) reads.set(path, digest);
};

export const digestOf = (content: string | Buffer): string => hash('sha256', content, 'base64url');

/**
 * Runs `build`, which must not wait, and notes in `reads` every file that it reads, also when it throws: a file that was bad has to be
 * watched until it is mended (I27).
 */
export const collectReads = <T>(reads: FileReads, build: () => T): T => {
  collecting.push(reads);
  try {
    return build();
  } finally {
    collecting.splice(collecting.indexOf(reads), 1);
  }
};
