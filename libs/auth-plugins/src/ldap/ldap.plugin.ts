import type { HealthState, Plugin, PluginDependencies } from '../contract/plugin.js';
import { StrictBasicStrategy } from '../login/basic.strategy.js';
import { createCredentialCache } from '../login/credential.cache.js';
import { createFailureBudget } from '../login/failure.budget.js';
import { createLoginQueue } from '../login/login.queue.js';
import { createRunner } from '../runner/plugin.runner.js';
import type { DirectoryDriver } from './directory.driver.js';
import { DRIVERS } from './driver.choice.js';
import { createDirectoryLogin } from './directory.login.js';
import { assertGroupForm } from './group.form.js';
import { ldapSchema, type LdapSettings } from './ldap.settings.js';
import { createLdapVerifier } from './ldap.verifier.js';
import { countedName } from './name.conditions.js';
import { openDirectory, probeDirectory } from './open.directory.js';

/** How often the directory is asked without a caller, for readiness. */
const PROBE_EVERY_MS = 10_000;

/**
 * @param driver another LDAP library, or a directory made for a spec
 * @throws StartupError for unreadable files, names that are no DNs, and rules that name groups in another form
 */
export const createLdapPlugin = (settings: LdapSettings, dependencies: PluginDependencies, driver: DirectoryDriver = DRIVERS[settings.driver]): Plugin => {
  const { clock, report } = dependencies;
  const say = (event: string, code?: string | number) => report?.({ pluginId: settings.id, event, ...(code === undefined ? {} : { code }) });
  assertGroupForm(`plugins.${settings.id}`, settings, dependencies.namedGroups?.(settings.authority) ?? []);
  const access = openDirectory({ at: `plugins.${settings.id}`, settings, connections: settings.connections, driver, report: say }, dependencies);
  const cache = createCredentialCache({ pluginId: settings.id, ...settings.cache, clock });
  // Without a service account an account's several names cannot be told to be one before the bind: each gets half.
  const spellings = settings.login.by === 'active-directory' && !access.hasService ? 2 : 1;
  const budget = createFailureBudget({ ...settings.failureBudget, spellings, clock });
  const entries = createFailureBudget({ ...settings.failureBudget, clock });
  const queue = createLoginQueue({ budget, patienceMs: settings.loginDeadlineMs / 2 });
  const login = createDirectoryLogin({ settings, access, entries, report: say });
  const verify = createLdapVerifier({ pluginId: settings.id, authority: settings.authority, cache, queue, countedName: countedName(settings.login), login, loginDeadlineMs: settings.loginDeadlineMs, clock });
  let state: HealthState['state'] = 'unknown';
  let timer: NodeJS.Timeout | null = null;
  const check = async () => {
    state = await probeDirectory(settings.users.base, access, settings.loginDeadlineMs);
  };
  return {
    id: settings.id,
    type: 'ldap',
    authority: settings.authority,
    claims: [{ scheme: 'basic' }],
    challenges: ['Basic realm="kafka", charset="UTF-8"'],
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

/** What the app needs to offer this plugin type. */
export const ldapPlugin = { type: 'ldap', schema: ldapSchema, create: createLdapPlugin } as const;
