import type { stack } from '../setup/stack.ts';
import type { TestSessions, TransportName } from './test-sessions.ts';

/** What brokers before Kafka 4.0 cannot do: settings of groups, and the group protocol of KIP-848 (off by default in 3.9). */
export type BrokerGap = 'group settings' | 'KIP-848';

/** What each group of cases gets: the transport under test, topics of its own, and sessions on the shared broker. */
export interface Contract {
  readonly transport: TransportName;
  /** The version of Kafka that the suite is about when it is not the usual one. */
  readonly version: string | undefined;
  /** The cases then hold that the caller is told so. */
  readonly lacks: ReadonlySet<BrokerGap>;
  readonly sessions: TestSessions;
  readonly stack: ReturnType<typeof stack>;
  /** A topic name of this transport's run alone. */
  readonly topic: (name: string) => string;
}
