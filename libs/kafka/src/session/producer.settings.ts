export type CompressionName = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

/** How records are written, for the whole site: what REST Proxy users know as `producer.*`. */
export interface ProducerSettings {
  readonly compression: CompressionName;
  /** How long a first record waits for others before it is sent, in ms; those behind a request under way wait for that anyway. */
  readonly lingerMs: number;
  /** Bytes of records, before compression, that go to one partition at once; a single larger record goes alone. */
  readonly batchBytes: number;
  /** `all`: what is acknowledged survives the loss of brokers. 1: of followers only. 0: nothing is acknowledged, offsets are -1. */
  readonly acks: 'all' | 1 | 0;
  /** Sends again, with the same sequence, what may have been written (KIP-98). Needs acks `all`. */
  readonly idempotence: boolean;
}

/** Well under the default max.message.bytes of 1 MiB, which a batch must not exceed. */
const BATCH_BYTES = 700_000;
const BATCH_MOST_BYTES = 16_000_000;
const LINGER_MOST_MS = 1_000;

export const DEFAULT_PRODUCER: ProducerSettings = { compression: 'none', lingerMs: 0, batchBytes: BATCH_BYTES, acks: 'all', idempotence: false };

/** @throws Error that names the setting: a start must stop on it */
export const checkProducer = (settings: ProducerSettings): ProducerSettings => {
  const { lingerMs, batchBytes, acks, idempotence } = settings;
  if (!(lingerMs >= 0 && lingerMs <= LINGER_MOST_MS)) throw new Error(`producer lingerMs must be 0 to ${LINGER_MOST_MS}`);
  if (!(Number.isInteger(batchBytes) && batchBytes > 0 && batchBytes <= BATCH_MOST_BYTES)) throw new Error(`producer batchBytes must be 1 to ${BATCH_MOST_BYTES}`);
  if (idempotence && acks !== 'all') throw new Error('producer idempotence needs acks all');
  return settings;
};
