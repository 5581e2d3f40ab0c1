import { KafkaError, isKafkaError } from '../errors/kafka-error.js';
import type { Timers } from '../protocol/deadline.js';
import { pause, within } from '../protocol/deadline.js';
import { type ShownToken, type TokenSource, shownToken } from '../protocol/shown-token.js';
import type { Clock } from './cluster-settings.js';
import { CredentialExpired, CredentialUnavailable, type KafkaCredential, type KafkaCredentialSource } from './kafka-credential.js';
import type { Observe } from './notices.js';
import type { RefusedTokens } from './refused.tokens.js';

/** I12: a session ends this long before its credential, or a tenth of its life before, whichever is less. */
const END_MARGIN_MS = 5_000;
/** A source that gives the same token again past its half life is asked again after this, sooner when the end is near. */
const RENEWAL_GAP_MS = 1_000;
const RENEWAL_GAP_LEAST_MS = 250;
/** A source that has not answered by then cannot decide. */
const FETCH_MOST_MS = 5_000;
/** I21: a key that was published just now is refused once, then learnt. */
const OWN_REFUSAL_PAUSE_MS = 1_000;
const OWN_REFUSAL_MEMORY_MS = 2_000;
const OWN_RETRY_MEMORY_MS = 5_000;

export const usableUntil = ({ issuedAt, expiresAt }: KafkaCredential): number => expiresAt - Math.min(END_MARGIN_MS, Math.max(0, expiresAt - issuedAt) / 10);

const renewalTime = (credential: KafkaCredential, now: number): number => {
  const halfLife = (credential.issuedAt + credential.expiresAt) / 2;
  return halfLife > now ? halfLife : now + Math.min(RENEWAL_GAP_MS, Math.max(RENEWAL_GAP_LEAST_MS, (usableUntil(credential) - now) / 4));
};

export interface TokenHolderContext {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly refused: RefusedTokens;
  readonly observe: Observe;
}

/** The tokens of one session key: the freshest source, its current token, and what brokers said of it (I10-I12, I15, I21). */
export class TokenHolder implements TokenSource {
  readonly #context: TokenHolderContext;
  #source: KafkaCredentialSource;
  #held: ShownToken | null = null;
  /** `proofUntil` of the source that the held token is from. */
  #heldProof = 0;
  #renewAt = 0;
  #fetching: { readonly source: KafkaCredentialSource; readonly fresh: boolean; readonly token: Promise<ShownToken> } | null = null;
  #isPoisoned = false;
  #retried: { readonly id: string; readonly until: number } | null = null;

  constructor(source: KafkaCredentialSource, context: TokenHolderContext) {
    this.#source = source;
    this.#context = context;
  }

  /** Ends this holder for good: a renewal turned out to be another principal's (Must 12). */
  poison(): void {
    this.#isPoisoned = true;
  }

  get source(): KafkaCredentialSource {
    return this.#source;
  }

  /** I15: the freshest verification wins, for one session key only. @throws Error (a bug) when the source is another's */
  adopt(source: KafkaCredentialSource): void {
    for (const name of ['sessionKey', 'kafkaName', 'clusterId', 'listener', 'origin'] as const) {
      if (source[name] !== this.#source[name]) throw new Error(`a session got a credential source with another ${name}`);
    }
    if (source === this.#source || source.proofUntil <= this.#source.proofUntil) return;
    this.#source = source;
    // The caller's own newer token replaces the older at once; a minted one lives on to its half life.
    if (source.origin === 'caller' || this.#isSpent()) this.#renewAt = 0;
  }

  async current(): Promise<ShownToken> {
    const { clock, refused } = this.#context;
    const now = clock.now();
    if (this.#isPoisoned) throw new KafkaError('INTERNAL');
    if (this.#source.proofUntil <= now && this.#held === null) throw new KafkaError('CREDENTIAL_EXPIRED');
    const restsUntil = refused.restsUntil(this.#source.sessionKey);
    if (now < restsUntil) throw new KafkaError('OWN_TOKEN_REFUSED', { retryAfterMs: restsUntil - now });
    const shown = this.#held !== null && now < this.#renewAt ? this.#held : await this.#renewed(false);
    if (this.#isSpent()) throw new KafkaError('CREDENTIAL_EXPIRED');
    if (refused.isRefused(this.#source.clusterId, shown.id)) throw new KafkaError('CALLER_TOKEN_REFUSED');
    return shown;
  }

  #isSpent(): boolean {
    return this.#held === null || Math.min(usableUntil(this.#held.credential), this.#source.proofUntil) <= this.#context.clock.now();
  }

  async afterRefusal(shown: ShownToken): Promise<ShownToken> {
    const { clock, timers, refused, observe } = this.#context;
    const { origin, clusterId, kafkaName } = this.#source;
    // It ended on its way, or while the broker was frozen: nobody's fault, and the next one is as good as any.
    if (usableUntil(shown.credential) <= clock.now()) return this.current();
    if (origin === 'caller') {
      refused.remember(clusterId, shown.id, shown.credential.expiresAt);
      observe({ kind: 'caller-token-refused', clusterId, kafkaName });
      // A newer request may have brought another one while this was shown; the same one is refused here.
      return this.current();
    }
    if (this.#retried?.id === shown.id && clock.now() < this.#retried.until) {
      refused.rest(this.#source.sessionKey, clock.now() + OWN_REFUSAL_MEMORY_MS);
      observe({ kind: 'own-token-refused', clusterId, kafkaName });
      throw new KafkaError('OWN_TOKEN_REFUSED', { retryAfterMs: OWN_REFUSAL_MEMORY_MS });
    }
    await pause(timers, OWN_REFUSAL_PAUSE_MS);
    const fresh = await this.#renewed(true);
    this.#retried = { id: fresh.id, until: clock.now() + OWN_RETRY_MEMORY_MS };
    return fresh;
  }

  /** One fetch at a time from one source: a fresher proof (I15) neither waits for an older one nor shares its failure. */
  #renewed(fresh: boolean): Promise<ShownToken> {
    const source = this.#source;
    const under = this.#fetching;
    if (under !== null && under.source === source && (under.fresh || !fresh)) return under.token;
    const token = this.#fetch(source, fresh).finally(() => {
      if (this.#fetching?.token === token) this.#fetching = null;
    });
    this.#fetching = { source, fresh, token };
    return token;
  }

  /** A source that cannot decide does not end a token that has life left. */
  async #fetch(source: KafkaCredentialSource, fresh: boolean): Promise<ShownToken> {
    const { clock, timers } = this.#context;
    try {
      const credential = await within(timers, FETCH_MOST_MS, source.fetch(fresh));
      this.#mustBeOurs(credential);
      if (this.#held !== null && this.#heldProof > source.proofUntil) return this.#held;
      this.#held = this.#held?.credential === credential ? this.#held : shownToken(credential);
      this.#heldProof = source.proofUntil;
      this.#renewAt = source === this.#source ? renewalTime(credential, clock.now()) : 0;
      return this.#held;
    } catch (error) {
      if (error instanceof CredentialExpired) throw new KafkaError('CREDENTIAL_EXPIRED', {}, { cause: error });
      if (!(error instanceof CredentialUnavailable) && !isKafkaError(error)) throw new KafkaError('INTERNAL', {}, { cause: error });
      if (!fresh && this.#held !== null && usableUntil(this.#held.credential) > clock.now()) {
        this.#renewAt = clock.now() + RENEWAL_GAP_MS;
        return this.#held;
      }
      throw new KafkaError('CREDENTIAL_UNAVAILABLE', {}, { cause: error });
    }
  }

  /** Must 12: both libraries would go on as the other principal without a word. */
  #mustBeOurs(credential: KafkaCredential): void {
    const { sessionKey, kafkaName, clusterId } = this.#source;
    if (credential.sessionKey === sessionKey && credential.kafkaName === kafkaName && credential.clusterId === clusterId) return;
    this.#context.observe({ kind: 'principal-changed', clusterId, kafkaName });
    throw new Error('a credential source gave a token of another principal, name or cluster');
  }
}
