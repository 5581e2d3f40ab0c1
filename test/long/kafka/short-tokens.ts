import type { KafkaCaller, KafkaCredential, KafkaCredentialSource } from '@postern/kafka';
import { sessionKeyOf } from '../../kafka/test-caller.ts';
import type { Lab } from './lab.ts';

/** Gives the caller of one request: verified just now, so that its proof is new each time. */
export type CallerNow = () => Promise<KafkaCaller>;

const PROOF_MS = 600_000;
/** A client of a token service renews before the end: a tenth of the life is the session's margin (I12). */
const BROUGHT_RENEWED_AT = 0.75;

const source = (kafkaName: string, more: Pick<KafkaCredentialSource, 'origin' | 'proofUntil' | 'fetch'>): KafkaCaller => ({
  credentials: { sessionKey: sessionKeyOf(kafkaName), kafkaName, clusterId: 'main', listener: 'minted', ...more },
  topics: { admits: () => true },
});

const credential = async (lab: Pick<Lab, 'mint'>, kafkaName: string, lifeSeconds: number): Promise<KafkaCredential> => {
  const { token, issuedAt, expiresAt } = await lab.mint(kafkaName, lifeSeconds);
  return { token: { reveal: () => token }, sessionKey: sessionKeyOf(kafkaName), kafkaName, clusterId: 'main', issuedAt, expiresAt };
};

const isPast = ({ issuedAt, expiresAt }: KafkaCredential, part: number): boolean => Date.now() > issuedAt + (expiresAt - issuedAt) * part;

/** Tokens that Postern itself makes: replaced at half life when the session asks, whoever sends requests. */
export const mintedFor = (lab: Pick<Lab, 'mint'>, kafkaName: string, lifeSeconds: number): CallerNow => {
  let held: KafkaCredential | null = null;
  const fetch = async (fresh = false): Promise<KafkaCredential> => {
    if (held === null || fresh || isPast(held, 0.5)) held = await credential(lab, kafkaName, lifeSeconds);
    return held;
  };
  return async () => source(kafkaName, { origin: 'minted', proofUntil: Date.now() + PROOF_MS, fetch });
};

/** The caller's own token: only the client renews it, and only a request brings it. */
export const broughtBy = (lab: Pick<Lab, 'mint'>, kafkaName: string, lifeSeconds: number): CallerNow => {
  let held: Promise<KafkaCredential> | null = null;
  return async () => {
    if (held === null || isPast(await held, BROUGHT_RENEWED_AT)) held = credential(lab, kafkaName, lifeSeconds);
    const brought = await held;
    return source(kafkaName, { origin: 'caller', proofUntil: brought.expiresAt, fetch: async () => brought });
  };
};

/** One token for ever. */
export const neverRenewed = async (lab: Pick<Lab, 'mint'>, kafkaName: string, lifeSeconds: number): Promise<{ readonly caller: KafkaCaller; readonly expiresAt: number }> => {
  const brought = await credential(lab, kafkaName, lifeSeconds);
  return { caller: source(kafkaName, { origin: 'caller', proofUntil: brought.expiresAt, fetch: async () => brought }), expiresAt: brought.expiresAt };
};
