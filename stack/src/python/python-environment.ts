import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir } from '../files/cache-dir.ts';
import type { Progress } from '../maven/fetch-jars.ts';
import { StackError } from '../stack-error.ts';

const run = (command: string, args: readonly string[]): Promise<string | null> =>
  new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code) => resolve(code === 0 ? null : stderr.trim().split('\n').slice(-3).join(' ')));
  });

/**
 * A Python of its own with pinned packages, made once for each list of packages and kept with the other downloads.
 * @returns the path of its interpreter
 * @throws StackError when Python is missing or the packages cannot be fetched
 */
export const pythonWith = async (requirementsFile: string, progress: Progress): Promise<string> => {
  const requirements = readFileSync(requirementsFile);
  const home = join(cacheDir(), `python-${createHash('sha256').update(requirements).digest('hex').slice(0, 16)}`);
  const python = join(home, 'bin', 'python3');
  const complete = join(home, 'complete');
  if (existsSync(complete)) return python;
  progress('Python: making an environment with the packages of the specs (once)');
  // A virtual environment names its own folder in its scripts, so it is made in place; the mark is what counts.
  const half = `${home}.${process.pid}.old`;
  if (existsSync(home)) renameSync(home, half);
  rmSync(half, { recursive: true, force: true });
  const steps = [
    ['python3', ['-m', 'venv', home], 'Python 3 with venv is needed: apt-get install python3 python3-venv'],
    [python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', '--only-binary=:all:', '-r', requirementsFile], 'the Python packages could not be fetched'],
    [python, ['-c', `open(${JSON.stringify(complete)}, 'w').close()`], 'the Python environment cannot be written'],
  ] as const;
  for (const [command, args, sentence] of steps) {
    const failed = await run(command, args);
    if (failed !== null) throw new StackError(`${sentence} (${failed})`);
  }
  return python;
};
