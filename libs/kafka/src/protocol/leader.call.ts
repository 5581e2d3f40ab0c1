import { isStaleMetadata } from '../errors/from-broker-code.js';
import { KafkaError, isKafkaError } from '../errors/kafka-error.js';
import type { Clock } from '../session/cluster-settings.js';
import { ConnectionFault } from '../transports/transport.js';
import { type Timers, pause } from './deadline.js';
import { type LeaderKnowledge, leaderOf } from './partition.leader.js';

const RETRY_FIRST_MS = 50;
const RETRY_MOST_MS = 1_000;
/** Error 3 from the leader that metadata names: right after a topic was made it may not know it yet. */
const UNKNOWN_TRIES = 4;

/** One partition's question and its answer: again when the leader is another one by now, or the connection was lost. */
export type LeaderAnswer<T> =
  | { readonly kind: 'done'; readonly value: T }
  /** The broker's code for the partition and what it means for the caller. */
  | { readonly kind: 'failed'; readonly brokerCode: number; readonly error: KafkaError };

export interface LeaderCallContext {
  readonly metadata: LeaderKnowledge;
  readonly clock: Clock;
  readonly timers: Timers;
}

/**
 * Asks a partition's leader something that changes nothing, until the deadline, with fresh metadata whenever the leader moved.
 * @throws KafkaError of the answer, UNKNOWN_TOPIC, UNKNOWN_PARTITION, NO_BROKER, DEADLINE_EXCEEDED, BROKER_RETRIABLE
 */
export const askLeader = async <T>(
  { metadata, clock, timers }: LeaderCallContext,
  topic: string,
  partition: number,
  deadline: number,
  ask: (nodeId: number) => Promise<LeaderAnswer<T>>,
): Promise<T> => {
  let unknown = 0;
  for (let wait = RETRY_FIRST_MS; ; wait = Math.min(wait * 2, RETRY_MOST_MS)) {
    const leader = await leaderOf(metadata, topic, partition, deadline);
    let failure = new KafkaError('BROKER_RETRIABLE', { resource: `${topic}-${partition}` });
    if (leader.kind === 'leader') {
      const tried = await oneTry(ask(leader.nodeId));
      if (tried.kind === 'done') return tried.value;
      failure = tried.error;
      if (tried.stale) metadata.forget(topic);
      if (!tried.again || (tried.brokerCode === 3 && ++unknown >= UNKNOWN_TRIES)) throw failure;
    }
    if (clock.now() + wait >= deadline) throw failure;
    await pause(timers, wait);
  }
};

type Try<T> = { readonly kind: 'done'; readonly value: T } | { readonly kind: 'failed'; readonly brokerCode: number; readonly error: KafkaError; readonly again: boolean; readonly stale: boolean };

const oneTry = async <T>(asked: Promise<LeaderAnswer<T>>): Promise<Try<T>> => {
  try {
    const answer = await asked;
    if (answer.kind === 'done') return answer;
    const stale = isStaleMetadata(answer.brokerCode);
    return { ...answer, stale, again: stale || answer.error.code === 'BROKER_RETRIABLE' };
  } catch (error) {
    if (error instanceof ConnectionFault) {
      const silent = error.reason === 'no-answer';
      return { kind: 'failed', brokerCode: 0, error: new KafkaError(silent ? 'DEADLINE_EXCEEDED' : 'NO_BROKER', {}, { cause: error }), stale: true, again: !silent };
    }
    // A leader whose address is not known, or not to be dialled.
    if (isKafkaError(error) && error.code === 'NO_BROKER') return { kind: 'failed', brokerCode: 0, error, stale: true, again: true };
    throw error;
  }
};
