import type { stack } from '../setup/stack.ts';
import type { TestSessions, TransportName } from './test-sessions.ts';

/** What each group of cases gets: the transport under test, topics of its own, and sessions on the shared broker. */
export interface Contract {
  readonly transport: TransportName;
  readonly sessions: TestSessions;
  readonly stack: ReturnType<typeof stack>;
  /** A topic name of this transport's run alone. */
  readonly topic: (name: string) => string;
}
