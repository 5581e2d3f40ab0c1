import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectReads, digestOf, type FileReads } from './file-reads.js';
import { readOwnerOnlyFile, readPlainFile } from './owner-only.file.js';

describe('what was read', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'reads-'));
    writeFileSync(join(dir, 'ca'), 'ca');
    writeFileSync(join(dir, 'secret'), 'secret', { mode: 0o600 });
  });
  afterAll(() => rmSync(dir, { recursive: true }));
  const at = (name: string) => join(dir, name);

  it('is known with a digest and no content, also to whoever builds around it', () => {
    const [outer, inner]: [FileReads, FileReads] = [new Map(), new Map()];
    collectReads(outer, () => {
      readPlainFile(at('ca'), 'x');
      collectReads(inner, () => readOwnerOnlyFile(at('secret'), 'x'));
    });
    readPlainFile(at('ca'), 'x');
    expect([...inner]).toEqual([[at('secret'), digestOf('secret')]]);
    expect([...outer]).toEqual([[at('ca'), digestOf('ca')], [at('secret'), digestOf('secret')]]);
    expect(JSON.stringify([...outer])).not.toContain('"secret"');
  });

  it('is known when the building fails, and so is a file that is not there: both are watched until they are mended', () => {
    const reads: FileReads = new Map();
    expect(() =>
      collectReads(reads, () => {
        readPlainFile(at('ca'), 'x');
        readPlainFile(at('missing'), 'x');
      }),
    ).toThrow(/missing cannot be read/);
    expect([...reads.keys()]).toEqual([at('ca'), at('missing')]);
    readPlainFile(at('secret'), 'x');
    expect(reads.size).toBe(2);
  });
});
