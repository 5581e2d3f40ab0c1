import type { Server } from 'node:http';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { StartupError, type MintRecord } from '@postern/auth-plugins';
import type { Logger } from 'pino';
import { createAuthentication } from '../authn/authentication.js';
import type { LoadedSettings } from '../config/load-settings.js';
import { readTlsFiles } from '../config/tls-files.js';
import { createGate } from '../gate/gate.js';
import { createJwksServer } from '../management/jwks.server.js';
import { createManagementServer } from '../management/management.server.js';
import { ReadinessCheck } from '../management/readiness.js';
import { Alarms } from '../telemetry/alarms.js';
import { clusterSettings } from './clusters.js';
import { createIdentity, jwksListenerOf } from './identity.js';
import { clusterProbes, createSessions } from './kafka.js';
import { closeServer, listen } from './listen.js';
import { createPlugins } from './plugins.js';
import { createProxy } from './proxy.js';
import { AUTHENTICATION, DEFAULT_CLUSTER, GATE, IDENTITY, KAFKA_SESSIONS, LOGGER, METRICS, SETTINGS } from './tokens.js';

/** How long requests under way may take after a stop was asked for. */
const DRAIN_MS = 10_000;

export interface Running {
  /** Reads the signing keys' files again (I17); a bad one keeps the old keys and raises an alarm. */
  reload(): Promise<void>;
  /** Drains, then closes: sessions last, because requests under way need them. */
  stop(): Promise<void>;
}

/**
 * Starts everything, in the order in which one needs the other: keys are published first (a broker may wait for them),
 * then health, then the ways in, then the listeners. No upstream has to be up.
 * @throws SettingsError, StartupError, or Error for an address that cannot be had
 */
export const start = async (loaded: LoadedSettings, log: Logger): Promise<Running> => {
  const { settings, pathOf } = loaded;
  const metrics = new Registry();
  collectDefaultMetrics({ register: metrics });
  const alarms = new Alarms(log, metrics);
  const clusters = clusterSettings(settings.clusters, pathOf);
  const clock = { now: () => Date.now() };

  const plugins = createPlugins(settings, { clock, baseDir: pathOf('.'), maxProofAgeSeconds: settings.identity.maxProofAgeSeconds, report: (event) => log.warn({ ...event }, 'plugin') });
  const identity = createIdentity(loaded, plugins, (record: MintRecord) => log.info({ kind: 'audit', operation: 'mint', ...record }, 'mint'));
  const gate = createGate(settings.gate, identity.authorities.ids);
  const authentication = createAuthentication(plugins, identity.tokens.reserved, settings.identity.loginDeadlineMs + 500);

  await identity.tokens.writeJwksFiles();
  const servers: Server[] = [];
  const open = async (server: Server, at: { host: string; port: number }) => {
    await listen(server, at);
    servers.push(server);
  };
  const jwks = jwksListenerOf(loaded);
  if (jwks !== null) {
    const tls = readTlsFiles('tokenService.jwksListener.tls', jwks.tls, pathOf);
    const keySet = (id: string) => {
      const document = identity.tokens.jwks(id);
      return document === null ? null : JSON.stringify(document);
    };
    await open(createJwksServer(tls, keySet), jwks);
  }
  const readiness = new ReadinessCheck(plugins, clusterProbes(clusters));
  const management = createManagementServer(readiness, metrics);
  await open(management, settings.management);

  const sessions = createSessions(clusters, settings.limits, log, alarms, metrics);
  const defaultCluster = settings.clusters.find((cluster) => cluster.default)?.id;
  const proxy = await createProxy(loaded, authentication, [
    { provide: SETTINGS, useValue: settings },
    { provide: LOGGER, useValue: log },
    { provide: METRICS, useValue: metrics },
    { provide: Alarms, useValue: alarms },
    { provide: AUTHENTICATION, useValue: authentication },
    { provide: IDENTITY, useValue: identity },
    { provide: GATE, useValue: gate },
    { provide: KAFKA_SESSIONS, useValue: sessions },
    { provide: DEFAULT_CLUSTER, useValue: defaultCluster },
  ]);
  for (const listener of settings.listeners) {
    const server = proxy.servers.get(listener.name);
    if (server !== undefined) await open(server, listener);
  }
  readiness.listening();
  // Not before: an upstream that stalls must not keep the other ways in closed. Until a plugin has its keys it answers 503.
  await Promise.all(plugins.map((plugin) => plugin.start()));
  log.info({ listeners: settings.listeners.map(({ name, host, port, kind }) => ({ name, host, port, kind })), plugins: plugins.map(({ id, type }) => ({ id, type })) }, 'started');

  return {
    reload: async () => {
      try {
        await identity.tokens.reload();
        log.info('signing keys read again');
      } catch (error) {
        alarms.raise('bad-reload', { what: error instanceof StartupError ? error.message : 'unreadable' });
      }
    },
    stop: async () => {
      readiness.stopping();
      await Promise.all(servers.filter((server) => server !== management).map((server) => closeServer(server, DRAIN_MS)));
      await sessions.close();
      await Promise.all(plugins.map((plugin) => plugin.close()));
      await closeServer(management, 1_000);
      log.info('stopped');
    },
  };
};
