import { ConnectionBudget, createKafkaSessions, systemSession, type ClusterSettings, type KafkaNotice, type KafkaSessions } from '@postern/kafka';
import type { Logger } from 'pino';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Limits } from '../config/settings.schema.js';
import type { ClusterProbe } from '../management/readiness.js';
import type { Alarms } from '../telemetry/alarms.js';

/** The sessions of all clusters, with their notices led to log, metrics and alarms. */
export const createSessions = (clusters: readonly ClusterSettings[], limits: Limits, log: Logger, alarms: Alarms, metrics: Registry): KafkaSessions => {
  const sessions = createKafkaSessions({
    clusters,
    limits: { maxSessions: limits.sessions, idleMs: limits.sessionIdleSeconds * 1_000, bufferBytesPerSession: limits.bufferBytesPerSession, bufferBytes: limits.bufferBytes },
    budget: new ConnectionBudget(limits),
    clock: { now: () => Date.now() },
    observe: observer(log, alarms, metrics),
  });
  for (const gauge of sessionGauges(sessions)) metrics.registerMetric(gauge);
  return sessions;
};

const sessionGauges = (sessions: KafkaSessions): Gauge[] => [
  new Gauge({ name: 'postern_sessions', help: 'Kafka sessions that are open', registers: [], collect() { this.set(sessions.counts().open); } }),
  new Gauge({ name: 'postern_sessions_leased', help: 'Kafka sessions in use now', registers: [], collect() { this.set(sessions.counts().leased); } }),
  new Gauge({ name: 'postern_consumers', help: 'Kafka consumers that callers have open', registers: [], collect() { this.set(sessions.counts().consumers); } }),
  new Gauge({ name: 'postern_session_connects', help: 'Connections to brokers that were made since the start', registers: [], collect() { this.set(sessions.counts().connects); } }),
  new Gauge({ name: 'postern_session_connect_failures', help: 'Connections to brokers that failed since the start', registers: [], collect() { this.set(sessions.counts().connectFailures); } }),
  new Gauge({
    name: 'postern_kafka_connections',
    help: 'Connections to brokers: open (with those being made), being made, waiting for their turn',
    labelNames: ['state'],
    registers: [],
    collect() {
      const { open, connecting, waiting } = sessions.counts().connections;
      for (const [state, count] of Object.entries({ open, connecting, waiting })) this.set({ state }, count);
    },
  }),
  new Gauge({
    name: 'postern_kafka_connections_refused',
    help: 'Connections to brokers that were not made since the start, by whose limit was reached',
    labelNames: ['limit'],
    registers: [],
    collect() {
      for (const [limit, count] of Object.entries(sessions.counts().connections.refused)) this.set({ limit }, count);
    },
  }),
  new Gauge({
    name: 'postern_session_evictions',
    help: 'Kafka sessions that ended since the start, by reason',
    labelNames: ['reason'],
    registers: [],
    collect() {
      for (const [reason, count] of Object.entries(sessions.counts().evictions)) this.set({ reason }, count);
    },
  }),
];

const observer = (log: Logger, alarms: Alarms, metrics: Registry): ((notice: KafkaNotice) => void) => {
  const notices = new Counter({ name: 'postern_kafka_notices_total', help: 'What happened between Postern and Kafka, by kind', labelNames: ['kind'], registers: [metrics] });
  // A broker that is down is tried again for every waiting caller: the first failure and the return are lines, the rest is counted.
  const down = new Set<string>();
  return (notice) => {
    notices.inc({ kind: notice.kind });
    switch (notice.kind) {
      case 'connected':
        if (down.delete(`${notice.clusterId} ${notice.address}`)) return log.info({ kind: 'reachable-again', clusterId: notice.clusterId, address: notice.address }, 'kafka');
        return log.debug(notice, 'kafka');
      case 'connect-failed': {
        const broker = `${notice.clusterId} ${notice.address}`;
        if (down.has(broker)) return log.debug(notice, 'kafka');
        down.add(broker);
        return log.warn(notice, 'kafka');
      }
      case 'caller-token-refused':
        return log.warn(notice, 'kafka');
      case 'own-token-refused':
        return alarms.raise('own-token-refused', { cluster: notice.clusterId, kafkaName: notice.kafkaName });
      case 'address-refused':
        return alarms.raise('foreign-broker-address', { cluster: notice.clusterId, address: notice.address });
      case 'principal-changed':
      case 'defect':
        return alarms.raise('unexpected-error', { cluster: notice.clusterId, what: notice.kind, at: notice.kind === 'defect' ? notice.at : undefined, name: notice.kind === 'defect' ? notice.error : undefined });
    }
  };
};

/** One probe a cluster, without any caller's credential (I23). */
export const clusterProbes = (clusters: readonly ClusterSettings[]): ReadonlyMap<string, ClusterProbe> =>
  new Map(clusters.map((cluster) => [cluster.id, async () => (await systemSession.probeCluster(cluster)).kind]));
