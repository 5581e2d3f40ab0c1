import { type BrokerCodeSubject, fromBrokerCode } from '../errors/from-broker-code.js';
import { KafkaError } from '../errors/kafka-error.js';
import type { Clock } from '../session/cluster-settings.js';
import type { TopicOperation } from '../session/kafka-credential.js';
import type { BrokerConnections } from './broker.connections.js';
import type { Timers } from './deadline.js';
import type { MetadataCache } from './metadata.cache.js';

/** One administrative call of one lease: the session's connections, the caller's topic rule, and the time that it has. */
export interface AdminCall {
  readonly connections: BrokerConnections;
  readonly metadata: MetadataCache;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Epoch ms. */
  readonly deadline: number;
  /** null: the name may be used for this (I25). Names that cannot be a topic's are refused too. */
  refusal(topic: string, operation: TopicOperation): KafkaError | null;
  /** The rule alone, for names that Kafka gave us, and for `*` and prefixes. */
  ruled(name: string, operation: TopicOperation): KafkaError | null;
}

/** What the broker may take; it answers before we stop waiting. */
export const brokerTimeout = ({ clock, deadline }: AdminCall): number => Math.max(1, Math.floor(deadline - clock.now()));

/** A broker's code and words for one item. */
export interface ItemAnswer {
  readonly errorCode: number;
  readonly errorMessage?: string | null;
}

const THROTTLED = 89;

/** null: the item went well. A throttled item says how long the broker wants to be left alone. */
export const itemError = ({ errorCode, errorMessage }: ItemAnswer, subject: BrokerCodeSubject, resource: string, throttleTimeMs = 0): KafkaError | null =>
  errorCode === 0
    ? null
    : new KafkaError(fromBrokerCode(errorCode, subject), { resource, brokerCode: errorCode, brokerText: errorMessage ?? undefined, retryAfterMs: errorCode === THROTTLED ? Math.max(1, throttleTimeMs) : undefined });

/** `{ kind: 'failed' }` with the item's error, or `done`. */
export const outcomeOf = <Done extends object>(error: KafkaError | null, done: Done): ({ readonly kind: 'done' } & Done) | { readonly kind: 'failed'; readonly error: KafkaError } =>
  error === null ? { kind: 'done', ...done } : { kind: 'failed', error };

/**
 * Sends the items whose topic the rule admits, and puts the refusals of the others in their places (I25). `send` answers in the
 * order of what it got; nothing is sent when nothing is admitted.
 */
export const withAdmitted = async <Item, Result>(
  call: AdminCall,
  items: readonly Item[],
  operation: TopicOperation,
  topicOf: (item: Item) => string | null,
  refuse: (item: Item, error: KafkaError) => Result,
  send: (items: readonly Item[]) => Promise<readonly Result[]>,
): Promise<readonly Result[]> =>
  withUnrefused(
    items,
    (item) => {
      const topic = topicOf(item);
      return topic === null ? null : call.refusal(topic, operation);
    },
    refuse,
    send,
  );

/** The same with refusals of any kind. */
export const withUnrefused = async <Item, Result>(
  items: readonly Item[],
  refusalOf: (item: Item) => KafkaError | null,
  refuse: (item: Item, error: KafkaError) => Result,
  send: (items: readonly Item[]) => Promise<readonly Result[]>,
): Promise<readonly Result[]> => {
  const refusals = items.map(refusalOf);
  const admitted = items.filter((_item, i) => refusals[i] === null);
  const results = admitted.length === 0 ? [] : await send(admitted);
  let next = 0;
  return items.map((item, i) => {
    const error = refusals[i] ?? null;
    return error === null ? (results[next++] as Result) : refuse(item, error);
  });
};
