import { assertRunning, startChild, type ChildOptions, type RunningChild } from './child.process.ts';
import { waitUntil } from './wait-until.ts';

/** A server of the stack as a specification handles it: it keeps its place through a restart. */
export interface Restartable {
  readonly pid: number;
  readonly logFile: string;
  /** null while it runs; then how it ended. */
  ended(): string | null;
  stop(): Promise<void>;
  kill(): Promise<void>;
  freeze(): void;
  thaw(): void;
  /** Starts again on the same ports with the same files; stops first when it still runs. */
  restart(): Promise<void>;
}

export interface RestartableOptions {
  readonly graceMs?: number;
  /** What a server that has forgotten everything needs each time. */
  readonly afterLaunch?: (isFirst: boolean) => Promise<void>;
}

/** Launches, and gives back `parts` with what can be done to the process. */
export const restartable = async <P extends object>(launch: () => Promise<RunningChild>, parts: P, { graceMs, afterLaunch = () => Promise.resolve() }: RestartableOptions = {}): Promise<P & Restartable> => {
  let child = await launch();
  await afterLaunch(true);
  return {
    ...parts,
    logFile: child.logFile,
    get pid() {
      return child.pid;
    },
    ended: () => child.ended(),
    stop: () => child.stop(graceMs),
    kill: () => child.kill(),
    freeze: () => child.freeze(),
    thaw: () => child.thaw(),
    restart: async () => {
      if (child.ended() === null) await child.stop(graceMs);
      child = await launch();
      await afterLaunch(false);
    },
  };
};

export interface Answering {
  /** For messages. */
  readonly title: string;
  /** Whether it serves; a throw means not yet. */
  answers(): Promise<boolean>;
  readonly timeoutMs: number;
  readonly everyMs?: number;
}

/** Starts a process and resolves once it answers. @throws Error with the end of its log when it stops, or does not answer in time */
export const launchAnswering = async (options: ChildOptions, { title, answers, timeoutMs, everyMs }: Answering): Promise<RunningChild> => {
  const child = startChild(options);
  await waitUntil(title, async () => (child.ended() !== null || (await answers()) ? true : null), timeoutMs, everyMs);
  assertRunning(child, title);
  return child;
};
