import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectReads, type FileReads } from './file-reads.js';
import { readOwnerOnlyFile, readPlainFile } from './owner-only.file.js';
import { readRegularFile } from './regular-file.js';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'regular-'));
});
afterAll(() => rmSync(dir, { recursive: true }));
const at = (name: string) => join(dir, name);

describe('a configured file', () => {
  it('is read whole', () => {
    writeFileSync(at('a'), 'text');
    expect(readRegularFile(at('a')).toString()).toBe('text');
  });
  it.each([
    ['a named pipe that nobody writes into', () => execFileSync('mkfifo', [at('pipe')]), 'pipe', 'not-a-regular-file'],
    ['a folder', () => mkdirSync(at('folder')), 'folder', 'not-a-regular-file'],
    ['a file of 1 GiB', () => { writeFileSync(at('huge'), ''); truncateSync(at('huge'), 2 ** 30); }, 'huge', 'too-large'],
    ['nothing', () => undefined, 'nothing', 'ENOENT'],
  ])('is not %s, and nobody waits for it', (_, make, name, code) => {
    make();
    expect(() => readRegularFile(at(name))).toThrow(expect.objectContaining({ code }));
    expect(() => readPlainFile(at(name), 'caFile')).toThrow(code);
    expect(() => readOwnerOnlyFile(at(name), 'keyFile')).toThrow(code);
  });
  it('is watched when others may read it, so that mending its mode is seen', () => {
    writeFileSync(at('open'), 'secret', { mode: 0o644 });
    const reads: FileReads = new Map();
    expect(() => collectReads(reads, () => readOwnerOnlyFile(at('open'), 'keyFile'))).toThrow('owner-only');
    expect([...reads.keys()]).toEqual([at('open')]);
  });
});
