import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeAtomically } from './atomic-write.js';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'atomic-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

describe('a file that is written anew', () => {
  it('is new text under the same name, and nothing beside it', async () => {
    writeFileSync(join(dir, 'a'), 'old');
    await writeAtomically(join(dir, 'a'), 'new', 0o600);
    expect([readFileSync(join(dir, 'a'), 'utf8'), statSync(join(dir, 'a')).mode & 0o777, readdirSync(dir)]).toEqual(['new', 0o600, ['a']]);
  });
  it.each([
    ['a key set, which brokers of another account read', '644', '077'],
    ['a key set under the usual umask', '644', '022'],
    ['a private file', '600', '077'],
    ['a private file without any umask', '600', '000'],
  ])('is, for %s, of mode %s under umask %s, new and replaced', async (_sentence, asked, umask) => {
    const [path, mode] = [join(dir, `${asked}-${umask}`), Number.parseInt(asked, 8)];
    const before = process.umask(umask);
    try {
      for (const text of ['first', 'second']) {
        await writeAtomically(path, text, mode);
        expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777]).toEqual([text, mode]);
      }
    } finally {
      process.umask(before);
    }
  });
});
