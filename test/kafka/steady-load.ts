import type { GroupConsumer, KafkaCaller, RecordResult } from '@postern/kafka';
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

export interface SteadyConsumer {
  /** Every value that was given, also the ones given again after a rebalance. */
  readonly values: ReadonlySet<string>;
  readonly given: () => number;
  readonly failures: readonly string[];
  stop(): Promise<void>;
}

/** Polls and commits all the time, as one member of a group; goes on after whatever fails. */
export const steadyConsumer = (consumer: GroupConsumer, caller: KafkaCaller, topic: string, deadlineMs: number): SteadyConsumer => {
  const values = new Set<string>();
  const failures: string[] = [];
  const ended = new AbortController();
  let count = 0;
  const consume = async (): Promise<void> => {
    await consumer.subscribe(caller, [topic]);
    while (!ended.signal.aborted) {
      try {
        const records = await consumer.poll(caller, { maxRecords: 500, maxBytes: 1_000_000, maxWaitMs: 200 }, { deadline: Date.now() + deadlineMs });
        for (const { value } of records) values.add(value?.toString() ?? '');
        count += records.length;
        if (records.length > 0) for (const result of await consumer.commit(caller, undefined, { deadline: Date.now() + deadlineMs })) if (result.kind === 'failed') failures.push(result.error.code);
      } catch (error) {
        failures.push((error as { code?: string }).code ?? String(error));
        await new Promise<void>((resolve) => void setTimeout(resolve, PAUSE_MS));
      }
    }
  };
  const consuming = consume();
  return {
    values,
    given: () => count,
    failures,
    stop: async () => {
      ended.abort();
      await consuming;
      await consumer.close();
    },
  };
};
