import { connect } from 'node:net';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { KafkaError, type KafkaCaller, type KafkaSession, type KafkaSessions, type ProduceRecord } from '@postern/kafka';
import type { Plugin, VerifiedPrincipal } from '@postern/auth-plugins';
import { createRunner } from '../../../libs/auth-plugins/src/runner/plugin.runner.js';
import type { Authentication, AuthenticationOutcome } from '../src/authn/authentication.js';
import type { PresentedCredential } from '../src/authn/presented-credential.js';
import { settingsSchema, type Settings } from '../src/config/settings.schema.js';
import { createGate, type Gate } from '../src/gate/gate.js';
import { AuditTrail } from '../src/audit/audit.trail.js';
import { Alarms } from '../src/telemetry/alarms.js';
import { createProxy } from '../src/wiring/proxy.js';
import type { Snapshot } from '../src/wiring/snapshot.js';
import { AUDIT, DEFAULT_CLUSTER, KAFKA_SESSIONS, LOGGER, METRICS, SESSION_LEDGER, SETTINGS } from '../src/wiring/tokens.js';

/**
 * The whole HTTP side on a loopback port, with identity and Kafka replaced by tables: for specs about framing, order of
 * answers and bodies. Whether identity and Kafka are right is shown against the real servers in test/.
 */
export interface ProxyUnderTest {
  readonly port: number;
  readonly routes: readonly { readonly method: string; readonly url: string }[];
  readonly logged: string[];
  readonly produced: ProduceRecord[];
  /** Sends bytes as they are and resolves with all that came back when the peer closed or `until` was seen; goes away after `leaveAfterMs`. */
  raw(bytes: string | Buffer, until?: RegExp, leaveAfterMs?: number): Promise<string>;
  close(): Promise<void>;
}

const PLAIN = { name: 'plain', host: '127.0.0.1', port: 0, kind: 'plain', apis: ['v2', 'hdinsight'] };

const settingsFor = (limits: Partial<Settings['limits']>, listener: object = PLAIN, hdinsight: object = {}): Settings =>
  settingsSchema.parse({
    listeners: [listener],
    management: { port: 0 },
    identity: { protectedNames: ['admin'] },
    plugins: [{ id: 'p', type: 'ldap' }],
    authorities: [],
    hdinsight,
    clusters: [{ id: 'main', default: true, credentials: [], listeners: [{ name: 'l', bootstrapServers: ['127.0.0.1:1'], unsafe: true, trusts: null }] }],
    limits,
  });

const principal = (name: string): Promise<VerifiedPrincipal> => {
  const { promise, resolve, reject } = Promise.withResolvers<VerifiedPrincipal>();
  const facts = { authority: 'a', pluginId: 'p', tenant: null, subject: name, issuerKey: 'authority:a', name, groups: { kind: 'known', ids: [] }, roles: [], applicationId: null, verifiedAt: Date.now(), credentialExpiresAt: null } as const;
  createRunner({ id: 'p', authority: 'a' })({ success: resolve, fail: reject, error: reject }, () => Promise.resolve({ kind: 'verified', facts }));
  return promise;
};

/** `Basic <base64 of name:password>`: the password says how the login ends. */
const tables: Authentication = {
  plugins: [],
  certificates: null,
  challenges: ['Basic realm="test", charset="UTF-8"', 'Bearer realm="test"'],
  authenticate: async (presented: PresentedCredential): Promise<AuthenticationOutcome> => {
    if (presented.kind === 'none') return { kind: 'none' };
    if (presented.kind === 'malformed' || presented.kind === 'several' || presented.kind === 'bare-token') return { kind: 'malformed' };
    if (presented.kind !== 'basic') return { kind: 'unclaimed' };
    const plugin = { id: 'p' } as Plugin;
    const [name = '', password] = Buffer.from(presented.secret.reveal().slice(6), 'base64').toString().split(':');
    if (password === 'right') return { kind: 'verified', principal: await principal(name), plugin };
    if (password === 'away') return { kind: 'unavailable', upstream: 'directory', retryAfterSeconds: 5, plugin };
    if (password === 'broken') return { kind: 'broken', what: 'test', plugin };
    return { kind: 'rejected', reason: 'bad-credential', plugin };
  },
};

/** `carol` is refused by the gate; for `dave` it could not be decided. */
const identity = {
  authorities: { admission: ({ name }: VerifiedPrincipal) => (name === 'carol' ? { kind: 'refused', reason: 'not-admitted' } : name === 'dave' ? { kind: 'unknown' } : { kind: 'admitted' }) },
  matrix: { sourceFor: ({ name }: VerifiedPrincipal) => ({ kafkaName: name }) as KafkaCaller['credentials'] },
};

/** What a spec puts in the place of the tables. */
export interface Replaced {
  readonly gate?: Gate;
  readonly sessions?: Pick<KafkaSessions, 'withSessionFor'>;
  readonly authentication?: Authentication;
  /** A block of `listeners`. */
  readonly listener?: { readonly name: string };
  readonly hdinsight?: Partial<Settings['hdinsight']>;
  readonly maxProofAgeSeconds?: number;
  readonly auditSink?: ConstructorParameters<typeof AuditTrail>[1];
  readonly whenAuditFails?: 'continue' | 'refuse';
}

export const startProxyUnderTest = async (limits: Partial<Settings['limits']> = {}, replaced: Replaced = {}): Promise<ProxyUnderTest> => {
  const parsed = settingsFor(limits, replaced.listener, replaced.hdinsight);
  const settings = { ...parsed, identity: { ...parsed.identity, maxProofAgeSeconds: replaced.maxProofAgeSeconds ?? parsed.identity.maxProofAgeSeconds } };
  const authentication = replaced.authentication ?? tables;
  const logged: string[] = [];
  const produced: ProduceRecord[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) });
  const metrics = new Registry();
  const session = {
    listTopics: async () => [{ name: 't', internal: false }, { name: '__consumer_offsets', internal: true }],
    describeTopic: async (topic: string) => {
      if (topic !== 't') throw new KafkaError('UNKNOWN_TOPIC');
      return { name: 't', internal: false, partitions: [{ partition: 0, leader: 1, replicas: [1, 2], inSync: [1] }] };
    },
    topicConfigs: async () => [{ name: 'cleanup.policy', value: 'delete', sensitive: false }],
    produce: async (records: readonly ProduceRecord[]) => {
      produced.push(...records);
      if (records[0]?.topic === 'slow') await new Promise((resolve) => setTimeout(resolve, 300));
      return records.map(({ topic, partition }, i) => {
        if (topic === 'missing') return { kind: 'failed', error: new KafkaError('UNKNOWN_TOPIC') };
        if (topic === 'forbidden') return { kind: 'failed', error: new KafkaError('TOPIC_AUTHORIZATION_FAILED') };
        return partition !== null && partition > 0 ? { kind: 'failed', error: new KafkaError('UNKNOWN_PARTITION') } : { kind: 'stored', partition: 0, offset: BigInt(i), timestamp: null };
      });
    },
  } as unknown as KafkaSession;
  const sessions = { withSessionFor: (_caller: unknown, _cluster: string, use: (s: KafkaSession) => Promise<unknown>) => use(session) } as unknown as KafkaSessions;
  const snapshot = { number: 1, takenAt: 0, settings, plugins: [], authentication, identity: identity as unknown as Snapshot['identity'], gate: replaced.gate ?? createGate(undefined, []) };
  const parts = [
    [SETTINGS, settings],
    [LOGGER, log],
    [AUDIT, new AuditTrail(log, replaced.auditSink ?? { handOver: () => Promise.resolve(), isFailing: false, lost: 0, onState: () => undefined }, replaced.whenAuditFails ?? 'continue')],
    [METRICS, metrics],
    [Alarms, new Alarms(log, metrics)],
    [SESSION_LEDGER, { admitted: () => undefined }],
    [KAFKA_SESSIONS, replaced.sessions ?? sessions],
    [DEFAULT_CLUSTER, 'main'],
  ] as const;
  const proxy = await createProxy({ settings, pathOf: (path) => path }, { current: snapshot }, parts.map(([provide, useValue]) => ({ provide, useValue })));
  const server = [...proxy.servers.values()][0];
  if (server === undefined) throw new Error('no server');
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    port,
    routes: proxy.routes.listed,
    logged,
    produced,
    raw: (bytes, until, leaveAfterMs) => exchange(port, bytes, until, leaveAfterMs),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

const exchange = (port: number, bytes: string | Buffer, until?: RegExp, leaveAfterMs = 5_000): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let answer = '';
    const timer = setTimeout(() => socket.destroy(new Error(`no end of the answer: ${answer.slice(0, 200)}`)), leaveAfterMs);
    const end = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString('latin1');
      if (until?.test(answer) === true) end();
    });
    socket.on('close', end).on('error', (error) => (answer === '' ? reject(error) : end()));
  });
