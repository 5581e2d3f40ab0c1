import type { KafkaCaller, RecordResult } from '@postern/kafka';
import { record, type TestSessions } from './test-sessions.ts';

/** One record that was sent once, and what its caller was told. */
export interface Attempt {
  readonly value: string;
  readonly outcome: string;
  readonly partition: number;
  readonly offset: bigint | null;
  readonly at: number;
  readonly tookMs: number;
}

export interface SteadyLoad {
  readonly attempts: readonly Attempt[];
  stop(): Promise<readonly Attempt[]>;
}

export interface LoadOptions {
  readonly topic: string;
  readonly partitions: number;
  readonly deadlineMs: number;
  /** Makes values of several loads on one topic distinct. */
  readonly name: string;
}

const PAUSE_MS = 20;

/** One writer for each partition, one record at a time, without any retry: what a caller sees of a fault, nothing smoothed. */
export const steadyLoad = (sessions: TestSessions, caller: KafkaCaller, { topic, partitions, deadlineMs, name }: LoadOptions): SteadyLoad => {
  const attempts: Attempt[] = [];
  const ended = new AbortController();
  const write = async (partition: number): Promise<void> => {
    for (let n = 0; !ended.signal.aborted; n++) {
      const value = `${name}/${partition}/${n}`;
      const at = Date.now();
      const [result] = await sessions.produce(caller, [record(topic, value, { partition })], at + deadlineMs).catch((error: unknown): RecordResult[] => [{ kind: 'failed', error: error as Extract<RecordResult, { kind: 'failed' }>['error'] }]);
      const stored = result?.kind === 'stored';
      attempts.push({ value, partition, at, tookMs: Date.now() - at, outcome: stored ? 'stored' : (result?.error.code ?? 'none'), offset: stored ? result.offset : null });
      await new Promise<void>((resolve) => void setTimeout(resolve, PAUSE_MS));
    }
  };
  const writers = Promise.all(Array.from({ length: partitions }, (_, partition) => write(partition)));
  return {
    attempts,
    stop: async () => {
      ended.abort();
      await writers;
      return attempts;
    },
  };
};

export interface SteadyReader {
  readonly offsets: readonly bigint[];
  /** Codes of reads that failed; the next one goes on at the same offset. */
  readonly failures: readonly string[];
  stop(): Promise<void>;
}

/** Follows one partition from its start, as a caller without a group does: each read where the last one ended. */
export const steadyReader = (sessions: TestSessions, caller: KafkaCaller, topic: string, partition: number, deadlineMs: number): SteadyReader => {
  const offsets: bigint[] = [];
  const failures: string[] = [];
  const ended = new AbortController();
  const read = async (): Promise<void> => {
    for (let offset = 0n; !ended.signal.aborted; ) {
      const request = { topic, partition, offset, maxRecords: 1_000, maxBytes: 1_000_000, maxWaitMs: 200 };
      try {
        const { records, nextOffset } = await sessions.as(caller, (session) => session.fetch(request, { deadline: Date.now() + deadlineMs }));
        offsets.push(...records.map((one) => one.offset));
        offset = nextOffset;
      } catch (error) {
        failures.push((error as { code?: string }).code ?? String(error));
      }
    }
  };
  const reading = read();
  return {
    offsets,
    failures,
    stop: () => {
      ended.abort();
      return reading;
    },
  };
};
