import { collectReads, StartupError, type FileReads, type Plugin } from '@postern/auth-plugins';
import type { Logger } from 'pino';
import type { LoadedSettings } from '../config/load-settings.js';
import { SettingsError } from '../config/settings-error.js';
import type { Alarms } from '../telemetry/alarms.js';
import { buildSnapshot, type BuiltSnapshot, type SnapshotParts } from './build-snapshot.js';
import type { Snapshots } from './snapshot.js';
import { assertStaticUnchanged } from './static-settings.js';

/** What stands beside the snapshot and changes with it: signing keys, TLS contexts, CAs of brokers. Checked, and not in force yet. */
export interface StagedSurroundings {
  take(): Promise<void>;
}

export interface ReloaderOptions {
  readonly load: () => LoadedSettings;
  readonly snapshots: Snapshots;
  readonly first: BuiltSnapshot;
  readonly firstReads: FileReads;
  readonly parts: SnapshotParts;
  /** Must not wait. @throws SettingsError, StartupError */
  readonly stage: (loaded: LoadedSettings, next: BuiltSnapshot) => StagedSurroundings;
  /** Told of a bad file, and of the end of that. */
  readonly onBad: (isBad: boolean) => void;
  /** Files to watch from now on. */
  readonly onRead: (files: Iterable<string>) => Promise<void>;
  readonly alarms: Alarms;
  readonly log: Logger;
}

/** How long new ways in may take to fetch their keys before they are put in force without them. */
const BEGIN_MS = 3_000;
/** Requests that began under the old snapshot may use its plugins this long. */
const RETIRE_MS = 10_000;
const ALARM_EVERY_MS = 60_000;

/**
 * Takes a new snapshot whole, or keeps the old one whole (I27). A bad file makes readiness say degraded and alarms until it is mended.
 */
export class Reloader {
  readonly #options: ReloaderOptions;
  #built: BuiltSnapshot;
  #reads: FileReads;
  /** False once a snapshot is in force without all that stands beside it: then no files are those that were taken. */
  #isWhole = true;
  #running: Promise<void> = Promise.resolve();
  #hasEnded = false;
  #watched: ReadonlySet<string>;
  #bad: { readonly what: string; readonly timer: NodeJS.Timeout } | null = null;

  constructor(options: ReloaderOptions) {
    this.#options = options;
    this.#built = options.first;
    this.#reads = options.firstReads;
    this.#watched = new Set(options.firstReads.keys());
  }

  /** @param cause `command`: an operator asks, so that keys are fetched and cached verifications forgotten too. Never throws. */
  reload(cause: 'command' | 'files'): Promise<void> {
    return (this.#running = this.#running.then(async () => {
      let why = cause;
      // A file that was named for the first time is watched only now: what has changed about it since it was read would be missed.
      while (!this.#hasEnded && (await this.#attempt(why)) === 'new-files') why = 'files';
    }));
  }

  /** No reload from now on; what one under way puts in force is there when this resolves, so that it can be closed. */
  end(): Promise<void> {
    this.#hasEnded = true;
    if (this.#bad !== null) clearInterval(this.#bad.timer);
    return this.#running;
  }

  async #attempt(cause: 'command' | 'files'): Promise<'new-files' | 'known-files'> {
    const { load, snapshots, parts, stage, onRead, log } = this.#options;
    const reads: FileReads = new Map();
    const watched = this.#watched;
    try {
      const loaded = collectReads(reads, load);
      assertStaticUnchanged(snapshots.current.settings, loaded.settings);
      const next = buildSnapshot(loaded, parts, this.#built, reads);
      const staged = this.#staged(next, () => collectReads(reads, () => stage(loaded, next)));
      // A bad file was put back as it had been: there is nothing to take.
      if (cause === 'command' || !this.#isWhole || !isSame(reads, this.#reads)) {
        await this.#take(next, staged, cause);
        this.#reads = reads;
        log.info({ kind: 'snapshot', snapshot: next.snapshot.number, cause }, 'settings read again');
      }
      this.#mended();
    } catch (error) {
      this.#failed(error);
    }
    this.#watched = new Set([...this.#reads.keys(), ...reads.keys()]);
    await onRead(this.#watched);
    return [...this.#watched].every((path) => watched.has(path)) ? 'known-files' : 'new-files';
  }

  /** What was made for a snapshot that does not come to be is closed. */
  #staged<T>(next: BuiltSnapshot, stage: () => T): T {
    try {
      return stage();
    } catch (error) {
      const { plugins } = this.#options.snapshots.current;
      for (const plugin of next.snapshot.plugins) if (!plugins.includes(plugin)) void plugin.close();
      throw error;
    }
  }

  async #take(next: BuiltSnapshot, staged: StagedSurroundings, cause: 'command' | 'files'): Promise<void> {
    const before = this.#options.snapshots.current.plugins;
    const { plugins } = next.snapshot;
    const news = plugins.filter((plugin) => !before.includes(plugin));
    await Promise.race([Promise.allSettled(news.map((plugin) => plugin.start())), new Promise((resolve) => setTimeout(resolve, BEGIN_MS).unref())]);
    if (cause === 'command') await refresh(plugins);
    this.#built = next;
    this.#isWhole = false;
    this.#options.snapshots.take(next.snapshot);
    const retired = before.filter((plugin) => !plugins.includes(plugin));
    if (retired.length > 0) setTimeout(() => void Promise.allSettled(retired.map((plugin) => plugin.close())), RETIRE_MS).unref();
    await staged.take();
    this.#isWhole = true;
  }

  #failed(error: unknown): void {
    const { alarms, onBad } = this.#options;
    // Our own sentences name the setting or the file; anybody else's may quote what is in it.
    const what = error instanceof SettingsError || error instanceof StartupError ? error.message : `failed (${error instanceof Error ? error.name : typeof error})`;
    if (this.#bad !== null) clearInterval(this.#bad.timer);
    alarms.raise('bad-reload', { what });
    // A file that could not be written (a full disk, a mount that was away) is no change that would be seen: it is tried again by time.
    const again = (): void => void (this.#isWhole ? alarms.raise('bad-reload', { what }) : this.reload('files'));
    this.#bad = { what, timer: setInterval(again, ALARM_EVERY_MS).unref() };
    onBad(true);
  }

  #mended(): void {
    if (this.#bad === null) return;
    clearInterval(this.#bad.timer);
    this.#bad = null;
    this.#options.onBad(false);
  }
}

const isSame = (a: FileReads, b: FileReads): boolean => a.size === b.size && [...a].every(([path, digest]) => b.get(path) === digest);

const refresh = async (plugins: readonly Plugin[]): Promise<void> => {
  for (const plugin of plugins) plugin.forget();
  await Promise.race([Promise.allSettled(plugins.map(async (plugin) => plugin.refresh?.())), new Promise((resolve) => setTimeout(resolve, BEGIN_MS).unref())]);
};
