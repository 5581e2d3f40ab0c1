import { chownSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
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
  it('keeps its owner when root writes it', async () => {
    // Whoever is not root can only show that nothing is in the way.
    const isRoot = process.getuid?.() === 0;
    const { uid: ours, gid: our } = statSync(dir);
    const owner = isRoot ? ([4_321, 4_322] as const) : ([ours, our] as const);
    writeFileSync(join(dir, 'a'), 'old');
    chownSync(join(dir, 'a'), ...owner);
    await writeAtomically(join(dir, 'a'), 'new', 0o600);
    const { uid, gid } = statSync(join(dir, 'a'));
    expect([uid, gid]).toEqual([...owner]);
  });
});
