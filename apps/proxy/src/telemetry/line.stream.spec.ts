import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LineStream } from './line.stream.js';

let dir: string;
let file: string;
const open: number[] = [];
const streamTo = (path: string, over: ConstructorParameters<typeof LineStream>[0] = {}): LineStream => {
  const fd = openSync(path, 'a');
  open.push(fd);
  return new LineStream({ fd, everyMs: 10_000, ...over });
};
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lines-'));
  file = join(dir, 'log');
});
afterEach(() => {
  for (const fd of open.splice(0)) closeSync(fd);
  rmSync(dir, { recursive: true });
});

describe('the stream of lines', () => {
  it('keeps lines until they are worth a write, or are asked for', async () => {
    const stream = streamTo(file);
    stream.write('one\n');
    expect(readFileSync(file, 'utf8')).toBe('');
    await stream.handOver();
    expect(readFileSync(file, 'utf8')).toBe('one\n');
  });

  it('hands over everything up to the call, in order, while writes are under way', async () => {
    const stream = streamTo(file, { minBytes: 64 });
    const lines = Array.from({ length: 5_000 }, (_, i) => `line ${i} ${'é'.repeat(i % 50)}\n`);
    for (const [i, line] of lines.entries()) {
      stream.write(line);
      if (i % 500 === 0) {
        await stream.handOver();
        expect(readFileSync(file, 'utf8').endsWith(line)).toBe(true);
      }
    }
    await stream.handOver();
    expect(readFileSync(file, 'utf8')).toBe(lines.join(''));
  });

  it('says so when the disk is full, keeps the lines up to its bound, and counts what is lost', async () => {
    const states: boolean[] = [];
    const stream = streamTo('/dev/full', { maxBytes: 40, minBytes: 10 });
    stream.onState = (isFailing) => states.push(isFailing);
    stream.write('0123456789\n');
    await expect(stream.handOver()).rejects.toThrow('does not take lines');
    expect([stream.isFailing, states]).toEqual([true, [true]]);
    for (let i = 0; i < 5; i++) stream.write('0123456789\n');
    expect(stream.lost).toBe(2);
    await expect(stream.handOver()).rejects.toThrow('is full');
  });

  it('ends within its time on a full disk, and writes the rest to one that is not', () => {
    const full = streamTo('/dev/full');
    full.write('lost\n');
    full.end();
    const good = streamTo(file);
    good.write('last\n');
    good.end();
    expect(readFileSync(file, 'utf8')).toBe('last\n');
  });

  it('does not wait for ever for a reader that does not read', () => {
    // A pipe whose other end sleeps: the child fills it, asks for a hand-over and must come back by itself.
    const program = join(dir, 'child.ts');
    writeFileSync(program, `import { LineStream } from ${JSON.stringify(new URL('./line.stream.ts', import.meta.url).pathname)};
const stream = new LineStream({ fd: 1, patienceMs: 300 });
for (let i = 0; i < 400; i++) stream.write('x'.repeat(1_000) + '\\n');
stream.handOver().then(() => process.exit(7), () => process.exit(0));`);
    const { status } = spawnSync('sh', ['-c', `{ "${process.execPath}" "${program}"; echo $? > "${dir}/status"; } | sleep 2`], { timeout: 20_000 });
    expect([status, readFileSync(join(dir, 'status'), 'utf8').trim()]).toEqual([0, '0']);
  });

  it('is failing, and says so once, as soon as a reader that does not read costs lines', () => {
    const program = join(dir, 'child.ts');
    writeFileSync(program, `import { LineStream } from ${JSON.stringify(new URL('./line.stream.ts', import.meta.url).pathname)};
const stream = new LineStream({ fd: 1, maxBytes: 200_000 });
let told = 0;
stream.onState = () => { told += 1; stream.write('alarm\\n'); };
for (let i = 0; i < 400; i++) stream.write('x'.repeat(1_000) + '\\n');
process.exit(stream.isFailing && told === 1 && stream.lost > 100 ? 0 : 7);`);
    const { status } = spawnSync('sh', ['-c', `{ "${process.execPath}" "${program}"; echo $? > "${dir}/status"; } | sleep 1`], { timeout: 20_000 });
    expect([status, readFileSync(join(dir, 'status'), 'utf8').trim()]).toEqual([0, '0']);
  });
});
