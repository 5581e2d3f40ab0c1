import { expect } from 'vitest';
import type { readTopic } from '../setup/read-topic.ts';
import type { Attempt, SteadyConsumer, SteadyReader } from './steady-load.ts';

/** A topic as Kafka's own consumer reads it. */
export type Log = Awaited<ReturnType<typeof readTopic>>;

/** What certainly was not written. */
export const UNWRITTEN = ['NO_BROKER', 'DEADLINE_EXCEEDED', 'BROKER_RETRIABLE', 'NOT_ENOUGH_REPLICAS'];

const valueOf = ({ value }: Log[number]): string => value?.toString() ?? '';

/** What callers were told that is not so; with nothing but empty lists every answer was true. */
export const untruths = (attempts: readonly Attempt[], log: Log): Record<'twice' | 'lost' | 'refusedButThere' | 'otherwise', readonly string[]> => {
  const copies = Map.groupBy(log, valueOf);
  const isThere = ({ value, partition, offset }: Attempt): boolean => copies.get(value)?.some((one) => one.partition === partition && one.offset === offset) === true;
  return {
    twice: [...copies].filter(([, own]) => own.length > 1).map(([value]) => value),
    lost: attempts.filter((one) => one.outcome === 'stored' && !isThere(one)).map(({ value }) => value),
    refusedButThere: attempts.filter(({ outcome, value }) => UNWRITTEN.includes(outcome) && copies.has(value)).map(({ value }) => value),
    otherwise: attempts.filter(({ outcome }) => !['stored', 'OUTCOME_UNKNOWN', ...UNWRITTEN].includes(outcome)).map(({ outcome }) => outcome),
  };
};

export const NO_UNTRUTHS = { twice: [], lost: [], refusedButThere: [], otherwise: [] };

/** Records of each writer and partition in the order of their sending. @param attempts of one writer, all stored */
export const expectInOrder = (attempts: readonly Attempt[], log: Log): void => {
  for (const [partition, own] of Map.groupBy(attempts, (one) => one.partition)) {
    const sent = own.toSorted((a, b) => a.at - b.at).map(({ value }) => value);
    const wanted = new Set(sent);
    expect(log.filter((one) => one.partition === partition).map(valueOf).filter((value) => wanted.has(value))).toEqual(sent);
  }
};

/** Who followed partition 0 all the while has read each of its records once, in order, whatever was in between. */
export const expectReadOnce = async (readers: Iterable<SteadyReader>, log: Log): Promise<void> => {
  const offsets = log.filter(({ partition }) => partition === 0).map(({ offset }) => offset);
  for (const reader of readers) {
    await expect.poll(() => reader.offsets.length, { timeout: 5_000 }).toBe(offsets.length);
    await reader.stop();
    expect(reader.offsets).toEqual(offsets);
    expect(reader.failures.filter((code) => !UNWRITTEN.includes(code))).toEqual([]);
  }
};

/** The members of one group have been given everything, whoever had a partition when. */
export const expectAllGiven = async (members: readonly SteadyConsumer[], log: Log): Promise<void> => {
  const given = (): Set<string> => new Set(members.flatMap(({ values }) => [...values]));
  await expect.poll(() => log.filter((one) => !given().has(valueOf(one))).length, { timeout: 15_000 }).toBe(0);
};
