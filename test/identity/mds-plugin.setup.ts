import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mdsPlugin, type MdsSettings, type Plugin } from '@postern/auth-plugins';
import type { DirectoryDescription, Mds } from '../../stack/src/index.ts';
import { collectReports, testClock } from './run-plugin.ts';

type Deep<T> = { readonly [K in keyof T]?: unknown };

/** The block that makes `mds` share its authority with the directory. */
export const directoryBlock = (directory: DirectoryDescription) => ({
  urls: [directory.url],
  caFile: directory.caFile,
  service: directory.service,
  users: { base: `ou=people,${directory.baseDn}`, loginAttribute: 'uid', nameAttribute: 'uid', idAttribute: 'entryUUID' },
});

/** Postern's own account at MDS, for discovery. */
export const discoveryBlock = (runDir: string, hosts: readonly string[]) => {
  const passwordFile = join(runDir, 'mds-service.password');
  writeFileSync(passwordFile, 'bob-secret\n', { mode: 0o600 });
  return { hosts, service: { name: 'bob', passwordFile } };
};

/** The plugin as an operator sets it up for the double; nothing is asked before `start` or a login. */
export const mdsFor = (mds: Mds, over: Deep<MdsSettings> = {}) => {
  const { clock, later } = testClock();
  const { seen, report } = collectReports();
  const settings = mdsPlugin.schema.parse({
    id: 'corp-mds', type: 'mds', authority: 'corp', urls: [mds.url], caFile: mds.caFile, publicKeyFiles: [mds.publicKeyFile],
    failureBudget: { lockoutThreshold: 1_000 },
    ...over,
  });
  const plugin: Plugin = mdsPlugin.create(settings, { clock, baseDir: '/', report });
  return { plugin, later, reports: seen };
};
