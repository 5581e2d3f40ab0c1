import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomically } from '../files/owner-only.ts';
import { isRunning, signalProcess, type ProcessIdentity } from './process-identity.ts';
import { sleep } from './wait-until.ts';

const fileIn = (runDir: string): string => join(runDir, 'pids.json');

/** What was started for this run and has not been stopped in an orderly way. */
export const recordedProcesses = (runDir: string): readonly ProcessIdentity[] =>
  existsSync(fileIn(runDir)) ? (JSON.parse(readFileSync(fileIn(runDir), 'utf8')) as ProcessIdentity[]) : [];

export const recordProcess = (runDir: string, identity: ProcessIdentity): void => {
  const others = recordedProcesses(runDir).filter((other) => other.pid !== identity.pid);
  writeAtomically(fileIn(runDir), JSON.stringify([...others, identity], null, 2));
};

export const forgetProcess = (runDir: string, pid: number): void => {
  writeAtomically(fileIn(runDir), JSON.stringify(recordedProcesses(runDir).filter((other) => other.pid !== pid), null, 2));
};

/**
 * Stops what a run recorded, newest first, and only what still is that process: SIGTERM, then SIGKILL after the grace.
 * @returns the names of the processes that were running
 */
export const stopRecorded = async (runDir: string, graceMs = 10_000): Promise<readonly string[]> => {
  const stopped: string[] = [];
  for (const identity of recordedProcesses(runDir).toReversed()) {
    if (isRunning(identity)) {
      stopped.push(identity.name);
      signalProcess(identity.pid, 'SIGCONT');
      signalProcess(identity.pid, 'SIGTERM');
      const deadline = Date.now() + graceMs;
      while (isRunning(identity) && Date.now() < deadline) await sleep(25);
      if (isRunning(identity)) signalProcess(identity.pid, 'SIGKILL');
    }
    forgetProcess(runDir, identity.pid);
  }
  return stopped;
};
