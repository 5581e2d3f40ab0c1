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
});
