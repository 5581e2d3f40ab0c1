import type { Certificates } from '../certificates/make-certificates.ts';
import type { Progress } from '../maven/fetch-jars.ts';
import type { Entry } from './ldif.ts';
import type { DirectoryKind } from './directory.changes.ts';

export interface ServerPlan {
  readonly runDir: string;
  readonly port: number;
  /** For STARTTLS, where the server offers it. */
  readonly plainPort: number;
  readonly certificates: Certificates;
  readonly adminDn: string;
  readonly adminPassword: string;
  readonly progress: Progress;
}

/** One of the two directory programs: how it is set up and started, and what it does by itself. */
export interface DirectoryServer extends DirectoryKind {
  readonly startTls: boolean;
  /** Writes its settings once. @returns how to start it and what is to be loaded before the common entries */
  prepare(plan: ServerPlan): Promise<{ readonly command: string; readonly args: readonly string[]; readonly first: readonly Entry[]; readonly keepsData: boolean }>;
}
