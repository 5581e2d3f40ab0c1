import type { Clock } from '../contract/plugin.js';

export interface Count {
  /** When the last failure was counted. */
  readonly since: number;
  readonly failures: number;
}

/**
 * Failures by key, forgotten a window after the *last* one: Active Directory counts so, and a window from the first one
 * would let failures through that it adds to older ones. A count inside its window is never dropped to make room: a
 * stranger who sprays names would otherwise push out the counts of the names that it guesses at. A full table says so instead.
 */
export class FailureCounts {
  readonly #counts = new Map<string, Count>();

  constructor(
    private readonly windowMs: number,
    private readonly most: number,
    private readonly clock: Clock,
  ) {}

  current(key: string): Count | null {
    const count = this.#counts.get(key);
    return count !== undefined && this.clock.now() - count.since < this.windowMs ? count : null;
  }

  /** @returns null when there is a place for this key, else the count that ends first */
  full(key: string): Count | null {
    if (this.#counts.has(key) || this.#counts.size < this.most) return null;
    // In order of their last failure: windows are equally long, so those that end first come first.
    for (const [old, count] of this.#counts) {
      if (this.clock.now() - count.since < this.windowMs) return this.#counts.size < this.most ? null : count;
      this.#counts.delete(old);
    }
    return null;
  }

  add(key: string, failures: 1 | -1): void {
    const count = this.current(key);
    const left = Math.max(0, (count?.failures ?? 0) + failures);
    if (failures === -1 && count !== null && left > 0) {
      this.#counts.set(key, { since: count.since, failures: left });
      return;
    }
    // Out and in again: the map keeps the order of the last failures.
    this.#counts.delete(key);
    if (left > 0) this.#counts.set(key, { since: this.clock.now(), failures: left });
  }

  delete(key: string): void {
    this.#counts.delete(key);
  }
}
