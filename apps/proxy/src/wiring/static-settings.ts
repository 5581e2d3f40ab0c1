import type { Settings } from '../config/settings.schema.js';
import { SettingsError } from '../config/settings-error.js';

/** Limits that are built into servers and the session cache; the others are read for each request. */
const STATIC_LIMITS = ['sessions', 'sessionIdleSeconds', 'bufferBytesPerSession', 'bufferBytes', 'connections', 'connectionsPerPrincipal', 'connectsPerSecond', 'connectsAtOnce', 'connectionsPerAddress'] as const;

/** What needs a restart. Plugins may change inside, and stay the same plugins of the same authorities. */
const staticPart = (settings: Settings): Record<string, unknown> => ({
  listeners: settings.listeners,
  management: settings.management,
  reload: settings.reload,
  audit: settings.audit,
  identity: { maxProofAgeSeconds: settings.identity.maxProofAgeSeconds, loginDeadlineMs: settings.identity.loginDeadlineMs },
  plugins: settings.plugins.map(({ id, type, authority }) => ({ id, type, authority })),
  tokenService: settings.tokenService,
  clusters: settings.clusters,
  hdinsight: settings.hdinsight,
  limits: Object.fromEntries(STATIC_LIMITS.map((name) => [name, settings.limits[name]])),
});

/**
 * A change of these under a running process would be half of one, so the whole file is refused until it is restarted.
 * @throws SettingsError naming each path
 */
export const assertStaticUnchanged = (before: Settings, after: Settings): void => {
  const changed = differences('', staticPart(before), staticPart(after));
  if (changed.length > 0) throw new SettingsError(changed.map((path) => `${path}: takes effect after a restart; nothing of this file is taken until then`));
};

const differences = (at: string, a: unknown, b: unknown): readonly string[] => {
  if (!isTree(a) || !isTree(b) || Array.isArray(a) !== Array.isArray(b)) return Object.is(a, b) ? [] : [at];
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].flatMap((key) => differences(at === '' ? key : `${at}.${key}`, a[key], b[key]));
};

const isTree = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
