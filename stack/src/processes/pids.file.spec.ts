import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { forgetProcess, recordedProcesses, recordProcess, stopRecorded } from './pids.file.ts';
import { startMark } from './process-identity.ts';

describe('recorded processes', () => {
  let dir: string;
  let child: ChildProcess;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'postern-pids-'));
    child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  });
  afterEach(() => {
    child.kill('SIGKILL');
    rmSync(dir, { recursive: true });
  });

  const record = (mark = startMark(child.pid ?? 0) ?? ''): void => recordProcess(dir, { name: 'sleeper', pid: child.pid ?? 0, startMark: mark });

  it('are stopped and forgotten', async () => {
    record();
    const ended = once(child, 'exit');
    expect(await stopRecorded(dir)).toEqual(['sleeper']);
    expect(await ended).toEqual([null, 'SIGTERM']);
    expect(recordedProcesses(dir)).toEqual([]);
  });

  it('are left alone when the pid now belongs to another process', async () => {
    record('a start long ago');
    expect(await stopRecorded(dir)).toEqual([]);
    expect(startMark(child.pid ?? 0)).not.toBeNull();
    expect(recordedProcesses(dir)).toEqual([]);
  });

  it('are stopped although they are frozen', async () => {
    record();
    child.kill('SIGSTOP');
    expect(await stopRecorded(dir)).toEqual(['sleeper']);
  });

  it('are forgotten one by one', () => {
    record();
    recordProcess(dir, { name: 'other', pid: 1, startMark: 'x' });
    forgetProcess(dir, child.pid ?? 0);
    expect(recordedProcesses(dir).map(({ name }) => name)).toEqual(['other']);
  });
});
