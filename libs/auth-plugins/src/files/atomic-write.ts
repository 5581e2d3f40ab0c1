import { randomUUID } from 'node:crypto';
import { open, rename, rm, stat, type FileHandle } from 'node:fs/promises';

/**
 * Writes beside the target, flushes, then renames: a reader sees the old text or the new one, never half of it (attack 121).
 * What only its owner may read keeps that owner: root may revoke a key, and the process that must see it is not root.
 */
export const writeAtomically = async (path: string, text: string, mode: number): Promise<void> => {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      if ((mode & 0o077) === 0) await keepOwner(file, path);
      await file.writeFile(text);
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

const keepOwner = async (file: FileHandle, path: string): Promise<void> => {
  // Nobody else may give files away, nor needs to: what another owns could not be read either.
  if (process.getuid?.() !== 0) return;
  const [before, now] = await Promise.all([stat(path).catch(() => null), file.stat()]);
  if (before !== null && (before.uid !== now.uid || before.gid !== now.gid)) await file.chown(before.uid, before.gid);
};
