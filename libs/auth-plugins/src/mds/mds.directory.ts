import type { HealthState, PluginDependencies } from '../contract/plugin.js';
import { createDirectoryLookup, type DirectoryLookup } from '../ldap/directory.lookup.js';
import { DRIVERS } from '../ldap/driver.choice.js';
import { openDirectory, probeDirectory } from '../ldap/open.directory.js';
import type { MdsReport } from './mds.nodes.js';
import type { MdsSettings } from './mds.settings.js';

/** The directory that an MDS shares its authority with: searches only, no caller's password ever goes there. */
export interface MdsDirectory {
  readonly lookup: DirectoryLookup;
  probe(): Promise<void>;
  state(): HealthState['state'];
  close(): void;
}

/** @throws StartupError for unreadable files and names that are no DNs */
export const createMdsDirectory = (
  settings: NonNullable<MdsSettings['directory']>,
  { at, deadlineMs, report }: { readonly at: string; readonly deadlineMs: number; readonly report: MdsReport },
  dependencies: PluginDependencies,
): MdsDirectory => {
  // One connection for binds that never come: the pool opens none before it is asked.
  const access = openDirectory({ at, settings, connections: { ...settings.connections, bind: 1 }, driver: DRIVERS[settings.driver], report }, dependencies);
  let state: HealthState['state'] = 'unknown';
  return {
    lookup: createDirectoryLookup({ settings, searches: access.searches, report }),
    probe: async () => {
      state = await probeDirectory(settings.users.base, access, deadlineMs);
    },
    state: () => state,
    close: () => access.close(),
  };
};
