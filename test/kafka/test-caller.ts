import { createHash } from 'node:crypto';
import type { CredentialOrigin, KafkaCaller, KafkaCredential, KafkaCredentialSource, TopicRule } from '@postern/kafka';
import { mintedToken, type MintedTokenOptions } from '../setup/minted-token.ts';
import type { StackDescription } from '../setup/stack.description.ts';

const ADMIT_ALL: TopicRule = { admits: () => true };

export interface CallerOptions {
  readonly origin?: CredentialOrigin;
  readonly clusterId?: string;
  /** Told to the session; the token's own end may be another. */
  readonly lifeMs?: number;
  readonly proofUntil?: number;
  readonly topics?: TopicRule;
  /** The nth token, from 0; for tokens that are wrong, old or somebody else's. */
  readonly token?: (n: number, lifeMs: number) => Promise<{ readonly token: string; readonly kafkaName?: string; readonly issuedAt?: number; readonly expiresAt?: number }>;
}

/** A caller as the identity side would hand it over, with a count of the tokens that were fetched. */
export interface TestCaller extends KafkaCaller {
  fetched(): number;
}

export const sessionKeyOf = (kafkaName: string, clusterId = 'main'): string => createHash('sha256').update(`${clusterId}/${kafkaName}`).digest('base64url');

export const testCaller = (stack: StackDescription, kafkaName: string, options: CallerOptions = {}): TestCaller => {
  const { origin = 'minted', clusterId = 'main', lifeMs = 300_000, topics = ADMIT_ALL } = options;
  const proofUntil = options.proofUntil ?? Date.now() + 600_000;
  let count = 0;
  let held: KafkaCredential | null = null;
  const make = async (): Promise<KafkaCredential> => {
    const made = (await options.token?.(count, lifeMs)) ?? { token: await mintedToken(stack, kafkaName, { lifeSeconds: Math.ceil(lifeMs / 1_000) }) };
    count++;
    return {
      token: { reveal: () => made.token },
      sessionKey: sessionKeyOf(kafkaName, clusterId),
      kafkaName: made.kafkaName ?? kafkaName,
      clusterId,
      issuedAt: made.issuedAt ?? Date.now(),
      expiresAt: made.expiresAt ?? Math.min(proofUntil, Date.now() + lifeMs),
    };
  };
  const credentials: KafkaCredentialSource = {
    sessionKey: sessionKeyOf(kafkaName, clusterId),
    kafkaName,
    clusterId,
    listener: 'minted',
    origin,
    proofUntil,
    // As the token service does: a token lives on to its half life, unless a fresh one is asked for.
    fetch: async (fresh = false) => {
      const halfLived = held !== null && Date.now() > held.issuedAt + (held.expiresAt - held.issuedAt) / 2;
      if (held === null || fresh || halfLived) held = await make();
      return held;
    },
  };
  return { credentials, topics, fetched: () => count };
};

export type { MintedTokenOptions };
