import { collectReads, type FileReads, type Plugin } from '@postern/auth-plugins';
import { createAuthentication, type Runs } from '../authn/authentication.js';
import type { LoadedSettings } from '../config/load-settings.js';
import { createGate } from '../gate/gate.js';
import { assertCertificatesStandAlone } from './certificate-listeners.js';
import type { Identity } from './identity.js';
import type { PluginParts } from './plugins.js';
import { makePlugins, type MadePlugin } from './plugin-set.js';
import type { Snapshot } from './snapshot.js';

/** A snapshot that nobody uses yet, with what is needed to make the next one after it. */
export interface BuiltSnapshot {
  readonly snapshot: Snapshot;
  readonly made: readonly MadePlugin[];
}

export interface SnapshotParts {
  readonly plugins: PluginParts;
  readonly identity: (loaded: LoadedSettings, plugins: readonly Plugin[]) => Identity;
  readonly runs: Runs;
  readonly now: () => number;
}

/**
 * Builds a whole snapshot from settings and files, or none: nothing that is in use is touched.
 * @param reads filled with every file that was read, also when this throws
 * @throws SettingsError, StartupError
 */
export const buildSnapshot = ({ settings, pathOf }: LoadedSettings, parts: SnapshotParts, before: BuiltSnapshot | null, reads: FileReads): BuiltSnapshot => {
  const made = makePlugins(settings, parts.plugins, before?.made ?? [], reads);
  const plugins = made.map(({ plugin }) => plugin);
  try {
    assertCertificatesStandAlone(plugins);
    const identity = collectReads(reads, () => parts.identity({ settings, pathOf }, plugins));
    const snapshot: Snapshot = {
      number: (before?.snapshot.number ?? 0) + 1,
      takenAt: parts.now(),
      settings,
      plugins,
      identity,
      gate: createGate(settings.gate, identity.authorities.ids),
      authentication: createAuthentication(plugins, identity.tokens.reserved, parts.runs),
    };
    return { snapshot, made };
  } catch (error) {
    closeNew(plugins, before?.snapshot.plugins ?? []);
    throw error;
  }
};

const closeNew = (plugins: readonly Plugin[], inUse: readonly Plugin[]): void => {
  for (const plugin of plugins) if (!inUse.includes(plugin)) void plugin.close();
};
