import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Makes a folder that only its owner can enter. */
export const ownerOnlyDir = (path: string): string => {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return path;
};

/**
 * Writes a whole file or nothing: readers (a broker that re-reads a key set) never see half of it.
 * @param mode default 0600, because most files here hold a secret
 */
export const writeAtomically = (path: string, content: string | Uint8Array, mode = 0o600): string => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}.${process.hrtime.bigint()}.tmp`;
  writeFileSync(temporary, content, { mode });
  renameSync(temporary, path);
  return path;
};
