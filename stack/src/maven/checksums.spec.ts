import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readChecksums, verifyJars } from './checksums.ts';

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('pinned jars', () => {
  let dir: string;
  const pinned = readChecksums(`${digest('one')}  one.jar\n${digest('two')}  two.jar\n`);
  const jar = (name: string, content: string): void => writeFileSync(join(dir, name), content);

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'postern-checksums-'));
    jar('one.jar', 'one');
    jar('two.jar', 'two');
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it('passes the very files that were pinned', () => {
    expect(() => verifyJars(dir, pinned)).not.toThrow();
  });

  it('refuses a jar with other bytes', () => {
    jar('two.jar', 'two, but changed');
    expect(() => verifyJars(dir, pinned)).toThrow(/^two\.jar is not the file that was pinned/);
  });

  it('refuses a jar that nobody pinned', () => {
    jar('three.jar', 'three');
    expect(() => verifyJars(dir, pinned)).toThrow(/^three\.jar is not/);
  });

  it('refuses a set with a jar missing', () => {
    rmSync(join(dir, 'one.jar'));
    expect(() => verifyJars(dir, pinned)).toThrow('one.jar was not fetched');
  });
});
