import { resolve } from 'node:path';
import { canonicalDirectoryName } from '../authority/directory-name.js';
import type { PluginDependencies } from '../contract/plugin.js';
import { Secret } from '../contract/secret.js';
import { StartupError } from '../contract/startup.error.js';
import { readOwnerOnlyFile, readPlainFile } from '../files/owner-only.file.js';
import { createDirectoryAccess, type DirectoryAccess, type DirectoryAccessOptions } from './directory.access.js';
import type { DirectoryDriver } from './directory.driver.js';
import type { DirectorySettings } from './directory.settings.js';

export interface OpenDirectoryOptions {
  /** The block's path, for start-up errors. */
  readonly at: string;
  readonly settings: DirectorySettings;
  readonly connections: DirectoryAccessOptions['connections'];
  readonly driver: DirectoryDriver;
  readonly report: DirectoryAccessOptions['report'];
}

/**
 * Connects to nothing yet.
 * @throws StartupError for unreadable files and names that are no DNs
 */
export const openDirectory = ({ at, settings, connections, driver, report }: OpenDirectoryOptions, { clock, baseDir }: Pick<PluginDependencies, 'clock' | 'baseDir'>): DirectoryAccess => {
  // ldapjs parses and prints a search base, and loses escapes while it does: only a base without any comes through.
  if (canonicalDirectoryName(settings.users.base) === null || /[\\+"]/.test(settings.users.base)) throw new StartupError(`${at}.users.base must be a DN without escapes`);
  if (canonicalDirectoryName(settings.service.dn) === null) throw new StartupError(`${at}.service.dn must be a DN`);
  const ca = settings.caFile === undefined ? undefined : readPlainFile(resolve(baseDir, settings.caFile), `${at}.caFile`);
  const password = new Secret(readOwnerOnlyFile(resolve(baseDir, settings.service.passwordFile), `${at}.service.passwordFile`).replace(/\r?\n$/, ''));
  if (password.reveal() === '') throw new StartupError(`${at}.service.passwordFile is empty`);
  const { connectTimeoutMs, serverName } = settings;
  return createDirectoryAccess({ driver, servers: settings.urls.map((url) => ({ url, ca, serverName, connectTimeoutMs })), service: { dn: settings.service.dn, password }, connections, clock, report });
};

/** Reads the base entry as the service account: readiness needs no caller's credential. */
export const probeDirectory = async (base: string, { searches }: Pick<DirectoryAccess, 'searches'>, deadlineMs: number): Promise<'up' | 'down'> => {
  const signal = AbortSignal.timeout(deadlineMs);
  try {
    const answer = await searches.lease(signal, async (connection) => {
      const found = await connection.search({ base, scope: 'base', equals: [], attributes: ['1.1'], sizeLimit: 1 }, signal);
      return { answer: found, keep: found.kind === 'entries' };
    });
    return answer.kind === 'entries' && answer.entries.length === 1 ? 'up' : 'down';
  } catch {
    return 'down';
  }
};
