import type { Server } from 'node:http';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { collectReads, type FileReads, type MintRecord, type TokenService } from '@postern/auth-plugins';
import { createRuns } from '../authn/authentication.js';
import type { LoadedSettings } from '../config/load-settings.js';
import { readTlsFiles } from '../config/tls-files.js';
import { createJwksServer } from '../management/jwks.server.js';
import { createManagementServer } from '../management/management.server.js';
import { ReadinessCheck } from '../management/readiness.js';
import { Alarms } from '../telemetry/alarms.js';
import type { Logging } from '../telemetry/logger.js';
import { buildSnapshot, type SnapshotParts } from './build-snapshot.js';
import { clusterSettings, readBrokerCas } from './clusters.js';
import { FilePoll } from './file-poll.js';
import { createIdentity, createTokens, jwksListenerOf } from './identity.js';
import { clusterProbes, createSessions } from './kafka.js';
import { closeServer, listen } from './listen.js';
import { createProxy } from './proxy.js';
import { Reloader } from './reloader.js';
import { SessionLedger } from './session-ledger.js';
import { Snapshots } from './snapshot.js';
import { snapshotGauges } from './snapshot-metrics.js';
import { createStaging } from './staging.js';
import { AUDIT, DEFAULT_CLUSTER, KAFKA_SESSIONS, LOGGER, METRICS, SESSION_LEDGER, SETTINGS } from './tokens.js';

/** How long requests under way may take after a stop was asked for. */
const DRAIN_MS = 10_000;

export interface Running {
  /** Reads settings and files again at once, and asks issuers for their keys (I14, I27); a bad file keeps all as it was and raises an alarm. */
  reload(): Promise<void>;
  /** Drains, then closes: sessions last, because requests under way need them. */
  stop(): Promise<void>;
}

/**
 * Starts everything, in the order in which one needs the other: keys are published first (a broker may wait for them),
 * then health, then the ways in, then the listeners. No upstream has to be up.
 * @param load reads the same settings again
 * @param reads what reading them has read
 * @throws SettingsError, StartupError, or Error for an address that cannot be had
 */
export const start = async (loaded: LoadedSettings, { log, audit }: Pick<Logging, 'log' | 'audit'>, load: () => LoadedSettings, reads: FileReads): Promise<Running> => {
  const { settings, pathOf } = loaded;
  const metrics = new Registry();
  collectDefaultMetrics({ register: metrics });
  const alarms = new Alarms(log, metrics);
  audit.watch(metrics, () => alarms.raise('audit-sink'));
  let cas = collectReads(reads, () => readBrokerCas(settings.clusters, pathOf));
  const clusters = clusterSettings(settings.clusters, () => cas);
  const clock = { now: () => Date.now() };

  const ledger = new SessionLedger(2 * settings.limits.sessions);
  const newest: { snapshots: Snapshots | null } = { snapshots: null };
  const snapshotsOf = (): Snapshots => {
    if (newest.snapshots === null) throw new Error('a request came before the first snapshot');
    return newest.snapshots;
  };
  const auditMint = async (record: MintRecord): Promise<void> => {
    ledger.minted(record);
    const line = { operation: 'mint', snapshot: newest.snapshots?.current.number, ...record };
    if (record.phase === 'intent') await audit.intentOrGap(line, 'mint');
    else audit.write(line, 'mint');
  };
  const tokens: TokenService = collectReads(reads, () => createTokens(loaded, { kafkaName: (...of) => snapshotsOf().current.identity.authorities.kafkaName(...of) }, auditMint));
  const parts: SnapshotParts = {
    plugins: { clock, baseDir: pathOf('.'), maxProofAgeSeconds: settings.identity.maxProofAgeSeconds, report: (event) => log.warn({ ...event }, 'plugin') },
    identity: (of, plugins) => createIdentity(of, plugins, tokens, auditMint),
    runs: createRuns(settings.plugins.map(({ id }) => id), settings.identity.loginDeadlineMs + 500),
    now: clock.now,
  };
  const first = buildSnapshot(loaded, parts, null, reads);
  const snapshots = (newest.snapshots = new Snapshots(first.snapshot));

  await tokens.writeJwksFiles();
  for (const cluster of tokens.unsigned()) alarms.raise('no-signing-key', { cluster });
  const servers: Server[] = [];
  const open = async (server: Server, at: { host: string; port: number }) => {
    await listen(server, at);
    servers.push(server);
  };
  const jwks = jwksListenerOf(loaded);
  let jwksServer: ReturnType<typeof createJwksServer> | null = null;
  if (jwks !== null) {
    const tls = readTlsFiles('tokenService.jwksListener.tls', jwks.tls, pathOf);
    const keySet = (id: string) => {
      const document = tokens.jwks(id);
      return document === null ? null : JSON.stringify(document);
    };
    jwksServer = createJwksServer(tls, keySet);
    await open(jwksServer, jwks);
  }
  const readiness = new ReadinessCheck(() => snapshots.current.plugins, clusterProbes(clusters), () => tokens.unsigned());
  const management = createManagementServer(readiness, metrics);
  await open(management, settings.management);

  const sessions = createSessions(clusters, settings.limits, log, alarms, metrics);
  const defaultCluster = settings.clusters.find((cluster) => cluster.default)?.id;
  const proxy = await createProxy(loaded, snapshots, [
    { provide: SETTINGS, useValue: withLiveLimits(settings, snapshots) },
    { provide: LOGGER, useValue: log },
    { provide: AUDIT, useValue: audit },
    { provide: METRICS, useValue: metrics },
    { provide: Alarms, useValue: alarms },
    { provide: SESSION_LEDGER, useValue: ledger },
    { provide: KAFKA_SESSIONS, useValue: sessions },
    { provide: DEFAULT_CLUSTER, useValue: defaultCluster },
  ]);
  for (const listener of settings.listeners) {
    const server = proxy.servers.get(listener.name);
    if (server !== undefined) await open(server, listener);
  }
  readiness.listening();
  // Not before: an upstream that stalls must not keep the other ways in closed. Until a plugin has its keys it answers 503.
  await Promise.all(first.snapshot.plugins.map((plugin) => plugin.start()));
  log.info({ listeners: settings.listeners.map(({ name, host, port, kind }) => ({ name, host, port, kind })), plugins: first.snapshot.plugins.map(({ id, type }) => ({ id, type })) }, 'started');

  const stage = createStaging({
    tokens, servers: proxy.servers, jwksServer, alarms, log, sessions, ledger,
    brokerCas: { current: () => cas, take: (next) => (cas = next) },
  });
  // Files that only servers read are noted by staging once what is in force already.
  collectReads(reads, () => stage(loaded, first));
  let isBad = false;
  for (const gauge of snapshotGauges(snapshots, () => isBad)) metrics.registerMetric(gauge);
  const poll: FilePoll = new FilePoll(settings.reload.everySeconds * 1_000, () => reloader.reload('files'));
  const reloader = new Reloader({
    load, snapshots, first, firstReads: reads, parts, stage, alarms, log,
    onBad: (bad) => {
      isBad = bad;
      readiness.settingsAreBad(bad);
    },
    onRead: (files) => poll.watch(files),
  });
  await poll.watch(reads.keys());
  poll.begin();
  // What changed while the start was under way.
  await reloader.reload('files');

  return {
    reload: () => reloader.reload('command'),
    stop: async () => {
      poll.end();
      readiness.stopping();
      await reloader.end();
      await Promise.all(servers.filter((server) => server !== management).map((server) => closeServer(server, DRAIN_MS)));
      await sessions.close();
      await Promise.all(snapshots.current.plugins.map((plugin) => plugin.close()));
      await closeServer(management, 1_000);
      log.info('stopped');
    },
  };
};

/** Settings as the HTTP side gets them: limits are those of the newest snapshot, all else needs a restart. */
const withLiveLimits = (settings: LoadedSettings['settings'], snapshots: Snapshots): LoadedSettings['settings'] => ({
  ...settings,
  get limits() {
    return snapshots.current.settings.limits;
  },
});
