import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';

/**
 * Writes beside the target, flushes, then renames: a reader sees the old text or the new one, never half of it (attack 121).
 * @param mode the file's own, whatever the umask: brokers of another account read key sets
 */
export const writeAtomically = async (path: string, text: string, mode: number): Promise<void> => {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      await file.writeFile(text);
      // By the open file: the mode of `open` is cut by the umask, and a path could be another file by now.
      await file.chmod(mode);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
};
