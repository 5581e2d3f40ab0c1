import type { FetchedRecord } from '../../session/session.port.js';
import { CommittedFilter } from './committed.filter.js';
import type { FetchAnswer } from './fetch.api.js';
import { readBatches } from './record-batch.reader.js';

/** Reading this many records takes about a millisecond; then others get their turn (Must 14). */
const SLICE = 2_000;

export interface FetchLimits {
  readonly maxRecords: number;
  readonly maxBytes: number;
  /** Not even a first record above `maxBytes`: others have been taken already. */
  readonly strict?: boolean;
}

/** The records of one read, over as many fetch answers as it takes, within its limits. */
export class FetchedRecords {
  readonly records: FetchedRecord[] = [];
  readonly #limits: FetchLimits;
  #bytes = 0;
  #full = false;
  #next: bigint;

  constructor(offset: bigint, limits: FetchLimits) {
    this.#next = offset;
    this.#limits = limits;
    this.#full = limits.maxRecords <= 0;
  }

  /** Where to read on: past what was given, and past what a committed reader never sees. */
  get next(): bigint {
    return this.#next;
  }

  get isFull(): boolean {
    return this.#full;
  }

  /** Bytes of keys and values that were taken. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes of keys and values that may still come; at least 1, since a first record comes whatever its size. */
  get bytesLeft(): number {
    return Math.max(1, this.#limits.maxBytes - this.#bytes);
  }

  /** Takes what fits, whole records in order. @throws UnreadableBatch */
  async take({ batches, aborted }: Pick<FetchAnswer, 'batches' | 'aborted'>): Promise<void> {
    const committed = new CommittedFilter(aborted);
    let sinceTurn = 0;
    for (const batch of readBatches(batches)) {
      if (committed.admits(batch)) {
        for (const record of await batch.records(this.#next)) {
          if (!this.#takeOne(record)) return;
          if (++sinceTurn % SLICE === 0) await new Promise<void>((resolve) => setImmediate(resolve));
        }
      }
      // Also where the last records of a batch were compacted away, or nothing of it may be seen.
      if (batch.lastOffset >= this.#next) this.#next = batch.lastOffset + 1n;
    }
  }

  #takeOne(record: FetchedRecord): boolean {
    const bytes = (record.key?.length ?? 0) + (record.value?.length ?? 0);
    this.#full ||= (this.records.length > 0 || this.#limits.strict === true) && this.#bytes + bytes > this.#limits.maxBytes;
    if (this.#full) return false;
    this.records.push(record);
    this.#bytes += bytes;
    this.#next = record.offset + 1n;
    this.#full = this.records.length >= this.#limits.maxRecords || this.#bytes >= this.#limits.maxBytes;
    return !this.#full;
  }
}
