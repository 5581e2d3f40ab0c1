import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { StackError } from '../stack-error.ts';

/** Parses the output of sha256sum: file name to hexadecimal digest. */
export const readChecksums = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [digest = '', file = ''] = line.split(/\s+/);
        return [file, digest];
      }),
  );

/** @throws StackError that names the first jar that is missing, unknown or different */
export const verifyJars = (dir: string, pinned: ReadonlyMap<string, string>): void => {
  const found = readdirSync(dir).filter((file) => file.endsWith('.jar'));
  const missing = [...pinned.keys()].find((file) => !found.includes(file));
  if (missing !== undefined) throw new StackError(`${missing} was not fetched`);
  for (const file of found) {
    const digest = createHash('sha256').update(readFileSync(join(dir, file))).digest('hex');
    if (pinned.get(file) !== digest) throw new StackError(`${file} is not the file that was pinned (sha256 ${digest})`);
  }
};
