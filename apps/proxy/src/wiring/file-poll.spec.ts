import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FilePoll } from './file-poll.js';

describe('watched files', () => {
  let dir: string;
  let told: number;
  let poll: FilePoll;
  const at = (name: string) => join(dir, name);
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'poll-'));
    told = 0;
    writeFileSync(at('a'), 'one');
    poll = new FilePoll(1_000, async () => void told++);
    await poll.watch([at('a'), at('missing')]);
  });
  afterEach(() => rmSync(dir, { recursive: true }));
  const looks = async (times: number) => {
    for (let i = 0; i < times; i++) await poll.look();
    return told;
  };

  it('that stay as they are tell nothing', async () => expect(await looks(3)).toBe(0));
  it('that changed are told of once, at the second look', async () => {
    writeFileSync(at('a'), 'other');
    expect([await looks(1), await looks(1), await looks(3)]).toEqual([0, 1, 1]);
  });
  it('that are still being written are left alone', async () => {
    writeFileSync(at('a'), 'hal');
    await looks(1);
    writeFileSync(at('a'), 'half a f');
    expect(await looks(1)).toBe(0);
    writeFileSync(at('a'), 'half a file');
    expect([await looks(1), await looks(1)]).toEqual([0, 1]);
  });
  it('that appear, vanish or are renamed into their place are told of', async () => {
    writeFileSync(at('missing'), 'x');
    expect(await looks(2)).toBe(1);
    rmSync(at('a'));
    expect(await looks(2)).toBe(2);
    writeFileSync(at('new'), 'one');
    renameSync(at('new'), at('a'));
    expect(await looks(2)).toBe(3);
  });
  it('behind a link that changes its target are told of, as mounted secrets do it', async () => {
    writeFileSync(at('b'), 'two');
    symlinkSync(at('a'), at('link'));
    await poll.watch([at('link')]);
    symlinkSync(at('b'), at('link.new'));
    renameSync(at('link.new'), at('link'));
    expect(await looks(2)).toBe(1);
  });
});
