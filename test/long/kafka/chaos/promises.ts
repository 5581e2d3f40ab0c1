import type { Attempt, Ledger } from './ledger.ts';
import type { Logged } from './three-brokers.ts';

const shown = ({ id, topic, outcome, partition, offset, at, tookMs }: Attempt): string => `${topic} ${id} told ${outcome} ${partition}/${offset}, sent at ${new Date(at).toISOString()}, answered after ${tookMs} ms`;

/** Holds what writers were told against the log of one topic as Kafka's own consumer read it. */
export const holdAgainst = (ledger: Ledger, attempts: readonly Attempt[], log: readonly Logged[]): void => {
  const copies = Map.groupBy(log, ({ id }) => id);
  for (const [id, own] of copies) if (own.length > 1) ledger.broken('no record is written twice', `${id} at ${own.map(({ partition, offset }) => `${partition}/${offset}`).join(', ')}`);
  for (const attempt of attempts) {
    const own = copies.get(attempt.id);
    if (attempt.outcome === 'stored') {
      if (own === undefined) ledger.broken('no acknowledged record is lost', shown(attempt));
      else if (!own.some(({ partition, offset }) => partition === attempt.partition && offset === attempt.offset)) ledger.broken('a record is where its caller was told', `${shown(attempt)}, is at ${own[0]?.partition}/${own[0]?.offset}`);
    } else if (attempt.outcome !== 'OUTCOME_UNKNOWN' && own !== undefined) ledger.broken('what was said to be unwritten is not there', shown(attempt));
    if (attempt.patient && attempt.outcome === 'OUTCOME_UNKNOWN') ledger.broken('with idempotence and time nobody is left in doubt', `${shown(attempt)}, ${own === undefined ? 'not there' : 'there'}`);
  }
};

/** Stored records of a stream stand in the order in which they were sent. */
export const holdOrder = (ledger: Ledger, attempts: readonly Attempt[]): void => {
  const streams = Map.groupBy(attempts.filter(({ stream, outcome }) => stream !== null && outcome === 'stored'), ({ stream }) => stream);
  for (const own of streams.values()) {
    const sorted = own.toSorted((a, b) => a.n - b.n);
    for (const [i, attempt] of sorted.entries()) {
      const before = sorted[i - 1];
      if (before === undefined) continue;
      if (before.partition !== attempt.partition) ledger.broken('a stream stays in its partition', `${shown(before)} then ${shown(attempt)}`);
      else if (before.offset > attempt.offset) ledger.broken('order per partition is kept', `${shown(before)} then ${shown(attempt)}`);
    }
  }
};

/** Who followed a partition was given each of its records once, in order. */
export const holdFollower = (ledger: Ledger, name: string, given: readonly bigint[], log: readonly Logged[]): void => {
  const wanted = log.map(({ offset }) => offset);
  const wrong = wanted.findIndex((offset, i) => given[i] !== offset);
  if (given.length !== wanted.length || wrong >= 0) ledger.broken('a reader gets every record once and in order', `${name}: ${given.length} of ${wanted.length}, first wrong at ${wanted[wrong]}: ${given[wrong]}`);
};
