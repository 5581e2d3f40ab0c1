import { isIP } from 'node:net';
import { z } from 'zod';
import { gateSchema } from '../gate/gate.settings.js';

const id = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and hyphens');
const path = z.string().min(1);
const port = z.int().min(0).max(65_535);
const address = z.custom<`${string}:${number}`>((v) => typeof v === 'string' && /^[^\s:/]+:\d{1,5}$/.test(v), 'must be host:port');

/** Loopback by literal address only: a name could be pointed elsewhere. */
export const isLoopback = (host: string): boolean => host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

const serverTls = z.strictObject({ certFile: path, keyFile: path, minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2') });

const apis = z.array(z.enum(['v2', 'hdinsight'])).min(1);

/**
 * What a TLS listener does with client certificates (I26): asks for none; for one that must be valid where it comes (`optional`) or
 * must come (`required`), without being anybody; or takes it as the caller's identity where no Authorization header decides.
 */
const clientCertificate = z.enum(['none', 'optional', 'required', 'identity']).default('none');

const listener = z
  .discriminatedUnion(
    'kind',
    [
      z.strictObject({ name: id, host: z.string().default('127.0.0.1'), port, kind: z.literal('tls'), tls: serverTls, clientCertificate, apis }),
      z.strictObject({ name: id, host: z.string().default('127.0.0.1'), port, kind: z.literal('plain'), apis }),
    ],
    { error: 'must be tls or plain; balancer (forwarded certificates and addresses) is not offered by this version: let the balancer pass TCP through' },
  )
  .refine((l) => l.kind !== 'plain' || isLoopback(l.host), { path: ['host'], message: 'a plain listener binds a loopback address only (I26)' });

const management = z
  .strictObject({ host: z.string().default('127.0.0.1'), port })
  .refine((m) => isLoopback(m.host), { path: ['host'], message: 'the management listener binds a loopback address only (I18)' });

/** TLS, or `unsafe: true` on loopback (I22). */
const clusterListener = z
  .strictObject({
    name: id,
    bootstrapServers: z.array(address).min(1),
    tls: z.strictObject({ caFile: path, serverName: z.string().optional() }).optional(),
    unsafe: z.literal(true).optional(),
    /** 'none' is for a PLAINTEXT listener of a benchmark: Kafka sees ANONYMOUS. */
    sasl: z.enum(['oauthbearer', 'none']).default('oauthbearer'),
    advertisedHosts: z.array(z.string()).optional(),
    trusts: z.unknown(),
  })
  .refine((l) => l.tls !== undefined || l.unsafe === true, { path: ['tls'], message: 'is required, or unsafe: true on loopback' })
  .refine((l) => l.unsafe !== true || l.bootstrapServers.every((a) => isLoopback(a.slice(0, a.lastIndexOf(':')))), {
    path: ['bootstrapServers'],
    message: 'unsafe: true is for loopback addresses only (I22)',
  })
  .refine((l) => l.sasl !== 'none' || l.unsafe === true, { path: ['sasl'], message: 'none needs unsafe: true' });

/** How records are written, by the names that REST Proxy users know without their `producer.`. */
const producer = z
  .strictObject({
    lingerMs: z.int().min(0).max(1_000).default(0),
    batchBytes: z.int().min(1).max(16_000_000).default(700_000),
    compression: z.enum(['none', 'gzip', 'snappy', 'lz4', 'zstd']).default('none'),
    acks: z.union([z.literal('all'), z.literal(1), z.literal(0)], { error: 'must be all, 1 or 0' }).default('all'),
    idempotence: z.boolean().default(false),
  })
  .refine(({ acks, idempotence }) => !idempotence || acks === 'all', { path: ['idempotence'], message: 'needs acks: all' });

const cluster = z.strictObject({
  id,
  default: z.boolean().default(false),
  transport: z.enum(['platformatic', 'kafkajs']).default('platformatic'),
  brokerDeadlineMs: z.int().min(100).max(120_000).default(10_000),
  producer: producer.prefault({}),
  tokenService: z.unknown().optional(),
  listeners: z.array(clusterListener).min(1),
  credentials: z.unknown(),
});

const limits = z
  .strictObject({
    bodyBytes: z.int().min(1024).max(256 * 1024 * 1024).default(8 * 1024 * 1024),
    records: z.int().min(1).max(1_000_000).default(10_000),
    depth: z.int().min(16).max(10_000).default(1_000),
    sessions: z.int().min(1).default(2_000),
    sessionIdleSeconds: z.int().min(1).default(120),
    bufferBytesPerSession: z.int().min(1024 * 1024).default(32 * 1024 * 1024),
    bufferBytes: z.int().min(1024 * 1024).default(256 * 1024 * 1024),
    /** Connections to brokers: of the process, of one principal, and how many may be made in a second and at the same time. */
    connections: z.int().min(1).default(10_000),
    connectionsPerPrincipal: z.int().min(1).default(500),
    connectsPerSecond: z.int().min(1).max(10_000).default(200),
    connectsAtOnce: z.int().min(1).default(4),
    /** Requests a second from one source address, and how many may come at once. */
    floodPerSecond: z.int().min(1).default(20_000),
    floodBurst: z.int().min(1).default(40_000),
    /** Requests of one principal that may be under way at the same time. */
    concurrentPerPrincipal: z.int().min(1).default(1_000),
    /** Bytes of request bodies in memory at the same time: for the process, and for one principal. */
    bodiesBytes: z.int().min(1024 * 1024).default(256 * 1024 * 1024),
    bodiesBytesPerPrincipal: z.int().min(1024 * 1024).default(64 * 1024 * 1024),
    /** Whole time for a request body, and its slowest accepted rate after the first second. */
    bodySeconds: z.int().min(1).default(60),
    bodyBytesPerSecond: z.int().min(0).default(256),
    connectionsPerAddress: z.int().min(1).default(4_096),
  })
  .prefault({});

/**
 * The whole file. Blocks that a library owns (plugins, authorities, token service, matrix) pass through as `unknown` and
 * are parsed by that library's own schema, so that a plugin brings its settings with it.
 */
export const settingsSchema = z.strictObject({
  listeners: z.array(listener).min(1),
  management,
  /** Files are looked at this often; a change is taken when it was seen twice (I27). */
  reload: z.strictObject({ everySeconds: z.number().min(0.1).max(60).default(1) }).prefault({}),
  log: z.strictObject({ level: z.enum(['debug', 'info', 'warn', 'error']).default('info') }).prefault({}),
  audit: z
    .strictObject({
      /** While standard output takes no lines: administration is refused (503); the rest goes on with a counted gap, or is refused too. */
      whenFailing: z.enum(['continue', 'refuse']).default('continue'),
    })
    .prefault({}),
  identity: z.strictObject({
    maxProofAgeSeconds: z.int().min(30).max(900).default(600),
    protectedNames: z.array(z.string().min(1)).min(1),
    loginDeadlineMs: z.int().min(100).max(30_000).default(5_000),
  }),
  authorities: z.unknown(),
  gate: gateSchema.optional(),
  plugins: z.array(z.looseObject({ id, type: z.string() })).min(1),
  tokenService: z.unknown().optional(),
  clusters: z.array(cluster).min(1),
  /** The HDInsight API, where a listener serves it. */
  hdinsight: z
    .strictObject({
      /** The reference's bare array instead of the object that Microsoft's own sample reads. */
      recordsAsArray: z.boolean().default(false),
      /** The API declares no 503: an outage is 500 unless this is set. */
      unavailableIs503: z.boolean().default(false),
      /** Takes a token without `Bearer` before it, as Microsoft's sample of 2020 sent it. */
      bareToken: z.boolean().default(false),
      /** Answers GET /v1/status without a credential. */
      openStatus: z.boolean().default(false),
      /** 409 instead of 400 for creating a topic that is there. */
      existingTopicIs409: z.boolean().default(false),
      /** Adds DELETE /v1/topics/{topic}, which the published API has not. */
      deleteTopics: z.boolean().default(false),
      /** What a record's `"value": null` is: a tombstone, or 400. */
      nullValue: z.enum(['tombstone', 'refused']).default('tombstone'),
      /** How keys and values that are no UTF-8 are shown: with replacement characters, or whole in base64. */
      notUtf8: z.enum(['replaced', 'base64']).default('replaced'),
      /** Shows Kafka's own topics (`__consumer_offsets`) in the list. */
      internalTopics: z.boolean().default(false),
    })
    .prefault({}),
  limits,
});

export type Settings = z.output<typeof settingsSchema>;
export type ListenerConfig = Settings['listeners'][number];
export type ClusterConfig = Settings['clusters'][number];
export type Limits = Settings['limits'];
