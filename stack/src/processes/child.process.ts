import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { forgetProcess, recordProcess } from './pids.file.ts';
import { signalProcess, startMark } from './process-identity.ts';

export interface ChildOptions {
  readonly name: string;
  readonly runDir: string;
  readonly logFile: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** 'parent': ends with this process however that dies. 'detached': lives until it is stopped. */
  readonly lifetime: Lifetime;
}

export type Lifetime = 'parent' | 'detached';

/** One server process of the stack and what a fault specification may do to it. */
export interface RunningChild {
  readonly pid: number;
  readonly logFile: string;
  /** null while it runs; then how it ended. */
  ended(): string | null;
  /** SIGTERM, then SIGKILL after the grace. Resolves when the process is gone. */
  stop(graceMs?: number): Promise<void>;
  /** SIGKILL: the sudden death of a machine. Resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGSTOP: sockets stay open and nothing answers. */
  freeze(): void;
  thaw(): void;
}

const SETPRIV = '/usr/bin/setpriv';

const bound = new Set<number>();

process.once('exit', () => {
  for (const pid of bound) signalProcess(pid, 'SIGTERM');
});

const tail = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').slice(-15).join('\n') : '');

/** A stop reaches a busy machine's threads one by one; whoever freezes a server counts on none of them running on. */
const awaitStopped = (pid: number): void => {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  const isStopped = (task: string): boolean => {
    try {
      return /^State:\s+[TtZ]/m.test(readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8'));
    } catch {
      return true;
    }
  };
  for (let tries = 0; tries < 500; tries += 1) {
    if (!existsSync(`/proc/${pid}/task`) || readdirSync(`/proc/${pid}/task`).every(isStopped)) return;
    Atomics.wait(pause, 0, 0, 2);
  }
};

/** Ends with an error that shows the last lines of the log when the process is not running any more. */
export const assertRunning = (child: RunningChild, name: string): void => {
  const ended = child.ended();
  if (ended !== null) throw new Error(`${name} ended (${ended}); last lines of ${child.logFile}:\n${tail(child.logFile)}`);
};

/** Starts a server in a session of its own, so that Ctrl-C reaches the stack first and the stack stops it in order. */
export const startChild = (options: ChildOptions): RunningChild => {
  const log = openSync(options.logFile, 'a', 0o600);
  // The kernel's parent-death signal covers what no exit hook can: the parent's own SIGKILL.
  const guarded = options.lifetime === 'parent' && existsSync(SETPRIV);
  const [command, args] = guarded ? [SETPRIV, ['--pdeathsig', 'TERM', options.command, ...options.args]] : [options.command, options.args];
  const child: ChildProcess = spawn(command, args, { detached: true, stdio: ['ignore', log, log], env: { ...process.env, ...options.env } });
  closeSync(log);
  child.unref();
  let ended: string | null = null;
  const { pid } = child;
  const gone = new Promise<void>((resolve) => {
    const end = (how: string): void => {
      ended = how;
      if (pid !== undefined) bound.delete(pid);
      resolve();
    };
    child.once('error', (error) => end(error.message));
    child.once('exit', (code, signal) => end(signal ?? `exit code ${code}`));
  });
  if (pid === undefined) throw new Error(`${options.name}: ${options.command} cannot be started`);
  if (options.lifetime === 'parent') bound.add(pid);
  recordProcess(options.runDir, { name: options.name, pid, startMark: startMark(pid) ?? '' });

  const signal = (name: NodeJS.Signals): void => {
    if (ended === null) signalProcess(pid, name);
  };
  const end = async (first: NodeJS.Signals, graceMs: number): Promise<void> => {
    // Held by the event loop from here on, so that awaiting its end works in a program that has nothing else to do.
    child.ref();
    signal('SIGCONT');
    signal(first);
    const grace = new AbortController();
    await Promise.race([gone, delay(graceMs, undefined, { signal: grace.signal })]);
    grace.abort();
    signal('SIGKILL');
    await gone;
    forgetProcess(options.runDir, pid);
  };
  return {
    pid,
    logFile: options.logFile,
    ended: () => ended,
    stop: (graceMs = 10_000) => end('SIGTERM', graceMs),
    kill: () => end('SIGKILL', 0),
    freeze: () => {
      signal('SIGSTOP');
      awaitStopped(pid);
    },
    thaw: () => signal('SIGCONT'),
  };
};
