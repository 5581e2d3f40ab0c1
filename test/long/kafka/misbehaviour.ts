import type { KafkaCaller } from '@postern/kafka';
import { record, type TestSessions } from '../../kafka/test-sessions.ts';
import type { Lab } from './lab.ts';
import { mintedFor, neverRenewed } from './short-tokens.ts';

/** What was sent and which answers it had, by a name of ours. */
export type Answers = Map<string, number>;

export interface Misbehaviour {
  stop(): Promise<Answers>;
}

const FLOOD = 300;
const FLOOD_EVERY_MS = 3_000;
const BAD_TOKEN_EVERY_MS = 500;
const SLOW_CALLS = 20;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

/** One principal that shows bad tokens, floods, and holds slow calls, all at the same time. */
export const misbehave = (lab: Pick<Lab, 'mint'>, sessions: TestSessions, topic: string): Misbehaviour => {
  const answers: Answers = new Map();
  const ended = new AbortController();
  const note = (what: string, work: Promise<unknown>): Promise<void> =>
    work.then(
      () => 'answered',
      (error: unknown) => (error as { code?: string }).code ?? String(error),
    ).then((code) => void answers.set(`${what} ${code}`, (answers.get(`${what} ${code}`) ?? 0) + 1));
  const badTokens = async (): Promise<void> => {
    for (let n = 0; !ended.signal.aborted; n++, await sleep(BAD_TOKEN_EVERY_MS)) {
      const { caller } = await neverRenewed(lab, `forged-${n % 50}`, 60);
      const fetched = await caller.credentials.fetch();
      const forged: KafkaCaller = { ...caller, credentials: { ...caller.credentials, fetch: async () => ({ ...fetched, token: { reveal: () => `${fetched.token.reveal().slice(0, -40)}${'A'.repeat(40)}` } }) } };
      await note('bad token', sessions.produce(forged, [record(topic, 'x')]));
    }
  };
  const mallory = mintedFor(lab, 'mallory', 60);
  const floods = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      await Promise.all(Array.from({ length: FLOOD }, async () => note('flood', sessions.produce(await mallory(), [record(topic, Buffer.alloc(10_000))]))));
      await sleep(FLOOD_EVERY_MS);
    }
  };
  const slow = async (): Promise<void> => {
    while (!ended.signal.aborted) await note('slow', sessions.as(await mallory(), (session) => session.fetch({ topic: `${topic}.quiet`, partition: 0, offset: 0n, maxRecords: 1, maxBytes: 1_000, maxWaitMs: 5_000 })));
  };
  const all = Promise.all([badTokens(), floods(), ...Array.from({ length: SLOW_CALLS }, slow)]);
  return {
    stop: async () => {
      ended.abort();
      await all;
      return answers;
    },
  };
};
