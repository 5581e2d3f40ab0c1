import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Where downloads and class archives are kept, per person and not per clone, so that a second clone downloads nothing.
 * POSTERN_CACHE_DIR wins, then $XDG_CACHE_HOME/postern, then ~/.cache/postern.
 */
export const cacheDir = (...parts: readonly string[]): string => {
  const base = process.env['POSTERN_CACHE_DIR'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'postern');
  const dir = join(base, ...parts);
  mkdirSync(dir, { recursive: true });
  return dir;
};
