import { resolve } from 'node:path';
import type { HealthState, Plugin, PluginDependencies } from '../contract/plugin.js';
import { Secret } from '../contract/secret.js';
import { StartupError } from '../contract/startup.error.js';
import { canonicalDirectoryName } from '../authority/directory-name.js';
import { readOwnerOnlyFile, readPlainFile } from '../files/owner-only.file.js';
import { createRunner } from '../runner/plugin.runner.js';
import { StrictBasicStrategy } from './basic.strategy.js';
import { createCredentialCache } from './credential.cache.js';
import { createDirectoryAccess, type DirectoryAccess } from './directory.access.js';
import type { DirectoryDriver } from './directory.driver.js';
import { createDirectoryLogin } from './directory.login.js';
import { createFailureBudget } from './failure.budget.js';
import { ldapjsDriver } from './ldapjs.driver.js';
import { ldapSchema, type LdapSettings } from './ldap.settings.js';
import { createLdapVerifier } from './ldap.verifier.js';

/** How often the directory is asked without a caller, for readiness. */
const PROBE_EVERY_MS = 10_000;

/**
 * @param driver another LDAP library, or a directory made for a spec
 * @throws StartupError for unreadable files and names that are no DNs
 */
export const createLdapPlugin = (settings: LdapSettings, dependencies: PluginDependencies, driver: DirectoryDriver = ldapjsDriver): Plugin => {
  const { clock, report } = dependencies;
  const say = (event: string, code?: string | number) => report?.({ pluginId: settings.id, event, ...(code === undefined ? {} : { code }) });
  const access = openAccess(settings, dependencies, driver, say);
  const cache = createCredentialCache({ pluginId: settings.id, ...settings.cache, clock });
  const budget = createFailureBudget({ ...settings.failureBudget, clock });
  const login = createDirectoryLogin({ settings, ...access, report: say });
  const verify = createLdapVerifier({ pluginId: settings.id, authority: settings.authority, cache, budget, login, clock });
  const probe = createProbe(settings, access);
  let state: HealthState['state'] = 'unknown';
  let timer: NodeJS.Timeout | null = null;
  const check = async () => {
    state = await probe();
  };
  return {
    id: settings.id,
    type: 'ldap',
    authority: settings.authority,
    claims: [{ scheme: 'basic' }],
    challenge: 'Basic realm="kafka", charset="UTF-8"',
    strategy: new StrictBasicStrategy(createRunner(settings), verify),
    // A directory that is away does not stop the start: its callers get 503 until it is back.
    start: async () => {
      timer = setInterval(() => void check(), PROBE_EVERY_MS).unref();
      await check();
    },
    health: () => [{ name: `${settings.id}:directory`, state }],
    forget: () => cache.forget(),
    close: async () => {
      if (timer !== null) clearInterval(timer);
      cache.forget();
      access.close();
    },
  };
};

const openAccess = (settings: LdapSettings, { clock, baseDir }: PluginDependencies, driver: DirectoryDriver, report: (event: string, code?: string | number) => void): DirectoryAccess => {
  const at = `plugins.${settings.id}`;
  // The library parses and prints a search base, and loses escapes while it does: only a base without any comes through.
  if (canonicalDirectoryName(settings.users.base) === null || /[\\+"]/.test(settings.users.base)) throw new StartupError(`${at}.users.base must be a DN without escapes`);
  if (canonicalDirectoryName(settings.service.dn) === null) throw new StartupError(`${at}.service.dn must be a DN`);
  const ca = settings.caFile === undefined ? undefined : readPlainFile(resolve(baseDir, settings.caFile), `${at}.caFile`);
  const password = new Secret(readOwnerOnlyFile(resolve(baseDir, settings.service.passwordFile), `${at}.service.passwordFile`).replace(/\r?\n$/, ''));
  if (password.reveal() === '') throw new StartupError(`${at}.service.passwordFile is empty`);
  const { connections, connectTimeoutMs, serverName } = settings;
  return createDirectoryAccess({ driver, servers: settings.urls.map((url) => ({ url, ca, serverName, connectTimeoutMs })), service: { dn: settings.service.dn, password }, connections, clock, report });
};

/** Reads the base entry as the service account: readiness needs no caller's credential. */
const createProbe = (settings: LdapSettings, { searches }: DirectoryAccess) => async (): Promise<'up' | 'down'> => {
  const signal = AbortSignal.timeout(settings.loginDeadlineMs);
  try {
    const answer = await searches.lease(signal, async (connection) => {
      const found = await connection.search({ base: settings.users.base, scope: 'base', equals: [], attributes: ['1.1'], sizeLimit: 1 }, signal);
      return { answer: found, keep: found.kind === 'entries' };
    });
    return answer.kind === 'entries' && answer.entries.length === 1 ? 'up' : 'down';
  } catch {
    return 'down';
  }
};

/** What the app needs to offer this plugin type. */
export const ldapPlugin = { type: 'ldap', schema: ldapSchema, create: createLdapPlugin } as const;
