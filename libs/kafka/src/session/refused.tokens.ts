import type { Clock } from './cluster-settings.js';

const FIRST_MS = 5_000;
const MOST_MS = 60_000;
const MOST_TOKENS = 10_000;

interface Refusal {
  readonly until: number;
  readonly stepMs: number;
  readonly tokenEndsAt: number;
}

/**
 * I21: a caller's token that a broker refused is not shown again for 5 s, doubling to 60 s with each further refusal, never
 * past its end. Without it each request of a bad client costs a connection and a signature check at the broker.
 */
export class RefusedTokens {
  readonly #clock: Clock;
  readonly #refusals = new Map<string, Refusal>();
  readonly #resting = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  isRefused(clusterId: string, tokenId: string): boolean {
    const refusal = this.#refusals.get(keyOf(clusterId, tokenId));
    return refusal !== undefined && this.#clock.now() < refusal.until;
  }

  remember(clusterId: string, tokenId: string, tokenEndsAt: number): void {
    const now = this.#clock.now();
    const key = keyOf(clusterId, tokenId);
    const before = this.#refusals.get(key);
    const stepMs = before === undefined ? FIRST_MS : Math.min(before.stepMs * 2, MOST_MS);
    this.#refusals.delete(key);
    this.#refusals.set(key, { until: Math.min(now + stepMs, tokenEndsAt), stepMs, tokenEndsAt });
    this.#bound(now);
  }

  /** A token of our own was refused for this session key: nothing more is shown for it until then (I21). */
  rest(sessionKey: string, until: number): void {
    const now = this.#clock.now();
    for (const [key, end] of this.#resting) if (end <= now) this.#resting.delete(key);
    if (this.#resting.size < MOST_TOKENS) this.#resting.set(sessionKey, until);
  }

  /** Epoch ms; 0 when there is nothing to wait for. Outlives the session, which ends with its first request if it never connected. */
  restsUntil(sessionKey: string): number {
    return this.#resting.get(sessionKey) ?? 0;
  }

  get size(): number {
    return this.#refusals.size;
  }

  #bound(now: number): void {
    if (this.#refusals.size <= MOST_TOKENS) return;
    for (const [key, { tokenEndsAt }] of this.#refusals) if (tokenEndsAt <= now) this.#refusals.delete(key);
    for (const key of this.#refusals.keys()) {
      if (this.#refusals.size <= MOST_TOKENS) return;
      this.#refusals.delete(key);
    }
  }
}

const keyOf = (clusterId: string, tokenId: string): string => `${clusterId.length}:${clusterId}${tokenId}`;
