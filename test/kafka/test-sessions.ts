import { readFileSync } from 'node:fs';
import { ConnectionBudget, type ConnectionLimits, createKafkaSessions, DEFAULT_CONNECTION_LIMITS, DEFAULT_PRODUCER, type ProducerSettings, type BrokerAddress, type ClusterSettings, type KafkaCaller, type KafkaNotice, type KafkaSession, type KafkaSessions, type ProduceRecord, type RecordResult, type SessionLimits } from '@postern/kafka';
import type { KafkaDescription } from '../../stack/src/index.ts';
import type { StackDescription } from '../setup/stack.description.ts';

export type TransportName = ClusterSettings['transport'];

export interface TestSessions extends KafkaSessions {
  readonly notices: KafkaNotice[];
  /** What every request does, in one call. */
  as<T>(caller: KafkaCaller, use: (session: KafkaSession) => Promise<T>): Promise<T>;
  produce(caller: KafkaCaller, records: readonly ProduceRecord[], deadline?: number): Promise<readonly RecordResult[]>;
}

export const LIMITS: SessionLimits = { maxSessions: 100, idleMs: 60_000, bufferBytesPerSession: 64_000_000, bufferBytes: 256_000_000 };

export const clusterOf = (stack: { readonly kafka: Pick<KafkaDescription, 'bootstrap'>; readonly certificates: Pick<StackDescription['certificates'], 'caFile'> }, transport: TransportName, kafka: Pick<KafkaDescription, 'bootstrap'> = stack.kafka): ClusterSettings => ({
  id: 'main',
  transport,
  listeners: {
    minted: { bootstrapServers: (kafka.bootstrap['minted'] ?? '').split(',') as BrokerAddress[], tls: { ca: readFileSync(stack.certificates.caFile, 'utf8') }, sasl: 'oauthbearer', advertisedHosts: ['127.0.0.1'] },
  },
  brokerDeadlineMs: 10_000,
});

export const testSessions = (cluster: ClusterSettings, limits: Partial<SessionLimits> = {}, producer: Partial<ProducerSettings> = {}, connections: Partial<ConnectionLimits> = {}): TestSessions => {
  const notices: KafkaNotice[] = [];
  const budget = new ConnectionBudget({ ...DEFAULT_CONNECTION_LIMITS, ...connections });
  const sessions = createKafkaSessions({ clusters: [cluster], limits: { ...LIMITS, ...limits }, producer: { ...DEFAULT_PRODUCER, ...producer }, budget, clock: { now: () => Date.now() }, observe: (notice) => notices.push(notice) });
  const as = <T>(caller: KafkaCaller, use: (session: KafkaSession) => Promise<T>): Promise<T> => sessions.withSessionFor(caller, cluster.id, use);
  return {
    ...sessions,
    notices,
    as,
    produce: (caller, records, deadline) => as(caller, (session) => session.produce(records, deadline === undefined ? {} : { deadline })),
  };
};

/** A record with everything at its plainest. */
export const record = (topic: string, value: string | Buffer | null, more: Partial<ProduceRecord> = {}): ProduceRecord => ({
  topic,
  partition: null,
  key: null,
  value: typeof value === 'string' ? Buffer.from(value) : value,
  ...more,
});

/** `stored`, or the code of the failure: what most cases are about. */
export const outcomes = (results: readonly RecordResult[]): string[] => results.map((result) => (result.kind === 'stored' ? 'stored' : result.error.code));

/** The code of the KafkaError that `work` rejects with. */
export const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'resolved',
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  );
