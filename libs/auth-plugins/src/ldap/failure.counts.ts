import type { Clock } from '../contract/plugin.js';

export interface Count {
  readonly since: number;
  readonly failures: number;
}

/**
 * Failures by key in a fixed window. A count inside its window is never dropped to make room: a stranger who sprays names
 * would otherwise push out the counts of the names that it guesses at. A full table says so instead.
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
    // In order of their start: windows are equally long, so the oldest are first.
    for (const [old, count] of this.#counts) {
      if (this.clock.now() - count.since < this.windowMs) return this.#counts.size < this.most ? null : count;
      this.#counts.delete(old);
    }
    return null;
  }

  add(key: string, failures: 1 | -1): void {
    const count = this.current(key);
    const left = Math.max(0, (count?.failures ?? 0) + failures);
    if (count === null || left === 0) this.#counts.delete(key);
    if (left > 0) this.#counts.set(key, { since: count?.since ?? this.clock.now(), failures: left });
  }

  delete(key: string): void {
    this.#counts.delete(key);
  }
}
