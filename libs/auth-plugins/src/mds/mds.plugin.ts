import { resolve } from 'node:path';
import type { Claim, HealthState, Plugin, PluginDependencies } from '../contract/plugin.js';
import { createVerifiedTokenCache } from '../bearer/verified-token.cache.js';
import { readCaFile } from '../files/ca.file.js';
import { assertGroupForm } from '../ldap/group.form.js';
import { createCredentialCache } from '../login/credential.cache.js';
import { createFailureBudget } from '../login/failure.budget.js';
import { createLoginQueue } from '../login/login.queue.js';
import { createRunner } from '../runner/plugin.runner.js';
import { startDiscovery } from './mds.discovery.js';
import { createMdsDirectory } from './mds.directory.js';
import { createMdsLogin } from './mds.login.js';
import { createMdsNodes, type Judged } from './mds.nodes.js';
import { createMdsGet } from './mds.request.js';
import { mdsSchema, type MdsSettings } from './mds.settings.js';
import { MdsStrategy } from './mds.strategy.js';
import { createMdsTokenVerifier } from './mds-token.verifier.js';
import { createMdsBearerVerifier, createMdsLoginVerifier } from './mds.verifier.js';
import { readPinnedKeys } from './pinned.keys.js';

/** How often MDS is asked without a caller, for readiness. */
const PROBE_EVERY_MS = 10_000;

/** @throws StartupError for unreadable files, and keys that are none */
export const createMdsPlugin = (settings: MdsSettings, dependencies: PluginDependencies): Plugin => {
  const { clock, baseDir } = dependencies;
  const { id, authority, issuer, basic, bearer } = settings;
  const at = `plugins.${id}`;
  const report = (event: string, code?: string | number) => dependencies.report?.({ pluginId: id, event, ...(code === undefined ? {} : { code }) });
  if (settings.directory !== undefined) assertGroupForm(`${at}.directory`, settings.directory, dependencies.namedGroups?.(authority) ?? []);
  const keys = readPinnedKeys(settings.publicKeyFiles, baseDir, `${at}.publicKeyFiles`);
  const { get, close } = createMdsGet({ ca: settings.caFile === undefined ? undefined : readCaFile(resolve(baseDir, settings.caFile), `${at}.caFile`) });
  const nodes = createMdsNodes({ get, configured: settings.urls, allowedHosts: settings.discovery?.hosts ?? [], nodeTimeoutMs: settings.nodeTimeoutMs, report });
  const discovery = settings.discovery === undefined ? null : startDiscovery(settings.discovery, { at, baseDir, nodes, deadlineMs: settings.loginDeadlineMs });
  const directory = settings.directory === undefined ? null : createMdsDirectory(settings.directory, { at: `${at}.directory`, deadlineMs: settings.loginDeadlineMs, report }, dependencies);
  const tokens = createVerifiedTokenCache(settings.verifiedTokenCacheSeconds, clock);
  const cache = createCredentialCache({ pluginId: id, ...settings.cache, clock });
  const verifyToken = createMdsTokenVerifier({ keys, issuer, allowImpersonated: settings.allowImpersonated, maxTokenLifeSeconds: settings.maxTokenLifeSeconds, clock });
  const common = { pluginId: id, authority, issuer, deadlineMs: settings.loginDeadlineMs, clock, lookup: directory?.lookup ?? null };
  const queue = createLoginQueue({ budget: createFailureBudget({ ...settings.failureBudget, clock }), patienceMs: settings.loginDeadlineMs / 2 });
  const verifyLogin = createMdsLoginVerifier({ ...common, login: createMdsLogin({ nodes, verifyToken, report }), cache, queue });
  const verifyBearer = createMdsBearerVerifier(common, verifyToken);

  let state: HealthState['state'] = 'unknown';
  let timer: NodeJS.Timeout | null = null;
  const check = async (): Promise<void> => {
    const found = nodes.ask('/security/1.0/features', null, AbortSignal.timeout(settings.loginDeadlineMs), ({ status }): Judged<true> => (status === 200 ? { kind: 'taken', value: true } : { kind: 'next', event: 'probe-refused', code: status }));
    const [isUp] = await Promise.all([found.catch(() => false), directory?.probe()]);
    state = isUp ? 'up' : 'down';
  };
  const claims: Claim[] = [...(basic ? [{ scheme: 'basic' } as const] : []), ...(bearer ? [{ scheme: 'bearer', issuer } as const] : [])];
  const challenges = [...(basic ? ['Basic realm="kafka", charset="UTF-8"'] : []), ...(bearer ? ['Bearer realm="kafka"'] : [])];
  return {
    id,
    type: 'mds',
    authority,
    claims,
    mdsIssuer: issuer,
    challenges,
    strategy: new MdsStrategy(createRunner(settings), verifyLogin, (token) => tokens.through(token, verifyBearer)),
    // An MDS that is away does not stop the start: its callers by password get 503 until it is back.
    start: async () => {
      timer = setInterval(() => void check(), PROBE_EVERY_MS).unref();
      await Promise.all([check(), discovery?.begin()]);
    },
    health: () => [{ name: `${id}:mds`, state }, ...(directory === null ? [] : [{ name: `${id}:directory`, state: directory.state() }])],
    forget: () => {
      cache.forget();
      tokens.forget();
    },
    close: async () => {
      if (timer !== null) clearInterval(timer);
      discovery?.end();
      cache.forget();
      tokens.forget();
      directory?.close();
      close();
    },
  };
};

/** What the app needs to offer this plugin type. */
export const mdsPlugin = { type: 'mds', schema: mdsSchema, create: createMdsPlugin } as const;
