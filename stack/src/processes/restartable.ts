import type { RunningChild } from './child.process.ts';

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
