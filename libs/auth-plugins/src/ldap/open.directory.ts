import { resolve } from 'node:path';
import { canonicalDirectoryName } from '../authority/directory-name.js';
import type { PluginDependencies } from '../contract/plugin.js';
import { Secret } from '../contract/secret.js';
import { StartupError } from '../contract/startup.error.js';
import { readCaFile } from '../files/ca.file.js';
import { readOwnerOnlyFile } from '../files/owner-only.file.js';
import { createDirectoryAccess, type DirectoryAccess, type DirectoryAccessOptions } from './directory.access.js';
import type { DirectoryDriver } from './directory.driver.js';
import { readAsService } from './directory.reader.js';
import type { DirectorySettings } from './directory.settings.js';

export interface OpenDirectoryOptions {
  /** The block's path, for start-up errors. */
  readonly at: string;
  readonly settings: Omit<DirectorySettings, 'service'> & { readonly service?: DirectorySettings['service'] | undefined };
  readonly connections: DirectoryAccessOptions['connections'];
  readonly driver: DirectoryDriver;
  readonly report: DirectoryAccessOptions['report'];
}

/**
 * Connects to nothing yet.
 * @throws StartupError for unreadable files and names that are no DNs
 */
export const openDirectory = ({ at, settings, connections, driver, report }: OpenDirectoryOptions, { clock, baseDir }: Pick<PluginDependencies, 'clock' | 'baseDir'>): DirectoryAccess => {
  for (const [path, base] of [['users.base', settings.users.base], ['groupSearch.base', settings.groupSearch?.base]] as const) {
    if (base !== undefined && canonicalDirectoryName(base) === null) throw new StartupError(`${at}.${path} must be a DN`);
  }
  const ca = settings.caFile === undefined ? undefined : readCaFile(resolve(baseDir, settings.caFile), `${at}.caFile`);
  const { connectTimeoutMs, serverName, startTls } = settings;
  return createDirectoryAccess({
    driver,
    servers: settings.urls.map((url) => ({ url, ca, serverName, startTls, connectTimeoutMs })),
    service: settings.service === undefined ? null : readService(settings.service, `${at}.service`, baseDir),
    connections,
    clock,
    report,
  });
};

/** A bind name of Active Directory's (name@suffix) will do, too. */
const readService = ({ dn, passwordFile }: DirectorySettings['service'], at: string, baseDir: string) => {
  if (canonicalDirectoryName(dn) === null && !/^[^@\s]+@[^@\s]+$/.test(dn)) throw new StartupError(`${at}.dn must be a DN, or name@domain`);
  const password = new Secret(readOwnerOnlyFile(resolve(baseDir, passwordFile), `${at}.passwordFile`).replace(/\r?\n$/, ''));
  if (password.reveal() === '') throw new StartupError(`${at}.passwordFile is empty`);
  return { dn, password };
};

/**
 * Reads the base entry as the service account: readiness needs no caller's credential. Without that account an open
 * connection is all that can be asked for. Servers that failed before are asked whether they are back.
 */
export const probeDirectory = async (base: string, { searches, binds, hasService, recheck }: DirectoryAccess, deadlineMs: number): Promise<'up' | 'down'> => {
  const signal = AbortSignal.timeout(deadlineMs);
  try {
    await recheck(base, signal);
    if (!hasService) return await binds.lease(signal, () => Promise.resolve({ answer: 'up', keep: true }));
    const answer = await readAsService(searches)({ base, scope: 'base', equals: [], attributes: ['1.1'], sizeLimit: 1 }, signal);
    return answer.kind === 'entries' && answer.entries.length === 1 ? 'up' : 'down';
  } catch {
    return 'down';
  }
};
