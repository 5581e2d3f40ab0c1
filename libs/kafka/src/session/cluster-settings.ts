import type { ProducerSettings } from './producer.settings.js';

/** One bootstrap address, `host:port`. */
export type BrokerAddress = `${string}:${number}`;

/** A broker listener as Postern dials it. */
export interface ListenerSettings {
  readonly bootstrapServers: readonly BrokerAddress[];
  /** PEM text of the CA; null only for `unsafe: true` on loopback (I22). */
  readonly tls: { readonly ca: string; readonly serverName?: string } | null;
  /** 'none' only for the benchmark's PLAINTEXT listener on loopback. */
  readonly sasl: 'oauthbearer' | 'none';
  /** Discovered broker addresses must match one of these host patterns (`*` matches one label) (I22). */
  readonly advertisedHosts: readonly string[];
}

export interface ClusterSettings {
  readonly id: string;
  readonly transport: 'platformatic' | 'kafkajs';
  readonly listeners: Readonly<Record<string, ListenerSettings>>;
  readonly brokerDeadlineMs: number;
  /** How records are written; absent: acks all, no linger, no compression, without idempotence. */
  readonly producer?: ProducerSettings;
}

export interface SessionLimits {
  readonly maxSessions: number;
  readonly idleMs: number;
  /** Bytes of records waiting for a flush, for one session and for the process. */
  readonly bufferBytesPerSession: number;
  readonly bufferBytes: number;
}

/** Injected, so that no test sleeps. */
export interface Clock {
  /** Epoch ms. */
  now(): number;
}
