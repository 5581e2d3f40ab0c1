import { collectReads, digestOf, readRegularFile, type FileReads, type Plugin } from '@postern/auth-plugins';
import type { Settings } from '../config/settings.schema.js';
import { createPlugin, namedGroupsOf, type PluginParts } from './plugins.js';

/** A plugin with all that it was made from, so that it is made anew exactly when something of that changed. */
export interface MadePlugin {
  readonly plugin: Plugin;
  readonly reads: FileReads;
  readonly madeFrom: string;
}

/**
 * The plugins of one snapshot: unchanged ones are kept, with their connections, caches and failure budgets.
 * @throws SettingsError, StartupError for a bad block or file; what was made until then is closed
 */
export const makePlugins = (settings: Settings, parts: PluginParts, before: readonly MadePlugin[], reads: FileReads): readonly MadePlugin[] => {
  const groups = namedGroupsOf(settings);
  const made: MadePlugin[] = [];
  try {
    for (const [i, block] of settings.plugins.entries()) {
      const madeFrom = JSON.stringify([block, groups(String(block['authority']))]);
      const old = before.find(({ plugin, madeFrom: from }) => plugin.id === block.id && from === madeFrom);
      const kept = old !== undefined && isUnchanged(old.reads) ? old : { plugin: null, reads: new Map<string, string>(), madeFrom };
      // Noted also when the making throws, so that the bad file is watched.
      made.push(kept.plugin !== null ? kept : { ...kept, plugin: collectReads(kept.reads, () => createPlugin(block, i, { ...parts, namedGroups: groups })) });
      for (const [path, digest] of kept.reads) reads.set(path, digest);
    }
  } catch (error) {
    for (const { plugin } of made) if (before.every((old) => old.plugin !== plugin)) void plugin.close();
    throw error;
  }
  return made;
};

const isUnchanged = (reads: FileReads): boolean =>
  [...reads].every(([path, digest]) => {
    try {
      return digestOf(readRegularFile(path)) === digest;
    } catch {
      return false;
    }
  });
