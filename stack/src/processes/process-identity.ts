import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/**
 * When a process was started, in the system's own words; null when there is no such process.
 * A pid is used again after its process ended, so a recorded pid is trusted only together with this.
 */
export const startMark = (pid: number): string | null => {
  if (existsSync('/proc/self/stat')) {
    try {
      // The command may hold spaces and brackets: fields are counted from the last bracket (proc(5): starttime is field 22).
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
      return fields[0] === 'Z' ? null : (fields[19] ?? null);
    } catch {
      return null;
    }
  }
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || null;
  } catch {
    return null;
  }
};

export interface ProcessIdentity {
  readonly name: string;
  readonly pid: number;
  readonly startMark: string;
}

export const isRunning = (identity: ProcessIdentity): boolean => startMark(identity.pid) === identity.startMark;

/** Sends a signal; a process that has ended in the meantime is no error. */
export const signalProcess = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};
