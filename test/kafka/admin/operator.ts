import type { KafkaAdmin, KafkaCaller, TopicRule } from '@postern/kafka';
import { testCaller } from '../test-caller.ts';
import type { Contract } from '../contract.setup.ts';

/** Somebody whom Kafka's ACLs let administer what the cases make, and somebody whom they let do nothing. */
export interface Administrators {
  readonly operator: KafkaCaller;
  readonly nobody: KafkaCaller;
  /** The operator again, under a topic rule of Postern's that hides topics with `hidden` in their name. */
  readonly ruled: KafkaCaller;
  /** Administration as `caller`, by default the operator. */
  as<T>(use: (admin: KafkaAdmin) => Promise<T>, caller?: KafkaCaller): Promise<T>;
  /** Gives the operator its rights; safe to call again. */
  prepare(): Promise<void>;
}

const HIDING: TopicRule = { admits: (name) => !name.includes('hidden') };

export const administrators = ({ sessions, stack, topic, transport }: Contract): Administrators => {
  const name = `operator-${transport}`;
  const operator = testCaller(stack, name);
  return {
    operator,
    nobody: testCaller(stack, `nobody-${transport}`),
    ruled: testCaller(stack, name, { topics: HIDING }),
    as: (use, caller = operator) => sessions.as(caller, (session) => use(session.admin)),
    prepare: () =>
      stack.kafka.addAcls(
        // Not all: DELETE on the cluster would delete any topic.
        { principal: name, resource: 'cluster', operations: ['describe', 'alter', 'describe-configs', 'alter-configs'] },
        { principal: name, resource: 'topic', name: topic('adm-'), pattern: 'prefixed', operations: ['all'] },
        { principal: name, resource: 'group', name: topic('adm-'), pattern: 'prefixed', operations: ['all'] },
      ),
  };
};

/** What became of each item: `done`, or its code. */
export const told = (outcomes: readonly ({ readonly kind: 'done' } | { readonly kind: 'failed'; readonly error: { readonly code: string } })[]): string[] =>
  outcomes.map((outcome) => (outcome.kind === 'done' ? 'done' : outcome.error.code));

/** The broker's words for each item that failed. */
export const words = (outcomes: readonly ({ readonly kind: 'done' } | { readonly kind: 'failed'; readonly error: { readonly detail: { readonly brokerText?: string } } })[]): (string | undefined)[] =>
  outcomes.map((outcome) => (outcome.kind === 'done' ? undefined : outcome.error.detail.brokerText));
