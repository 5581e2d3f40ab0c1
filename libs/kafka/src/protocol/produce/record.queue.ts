import type { Entry } from './produce.call.js';

/** Records of one partition (or the keyless ones of one topic) in order. Taken from the front, put back in front. */
export class RecordQueue {
  #entries: Entry[] = [];
  #head = 0;
  /** A flush of this queue is on its way; the next must wait, or order would be lost. */
  inFlight = false;
  /** Not before this time (epoch ms), after a retriable error. */
  notBefore = 0;
  /** At most this much of one partition in one flush, as set. */
  readonly batchBytes: number;
  #mostBytes: number;

  constructor(batchBytes: number) {
    this.batchBytes = batchBytes;
    this.#mostBytes = batchBytes;
  }

  /** Above half a flush a record goes alone, so that one too large does not drag others through a refusal. */
  get #aloneBytes(): number {
    return this.batchBytes / 2;
  }

  /** The same as the broker has taught: less after a refusal. */
  get mostBytes(): number {
    return this.#mostBytes;
  }

  get isEmpty(): boolean {
    return this.#head === this.#entries.length;
  }

  /** Bytes of the record in front; 0 when empty. */
  get nextBytes(): number {
    return this.#entries[this.#head]?.bytes ?? 0;
  }

  push(entry: Entry): void {
    this.#entries.push(entry);
  }

  /** Takes from the front what may go together; entries that have their result are dropped. */
  take(mostBytes: number, mostRecords: number): Entry[] {
    const most = Math.min(mostBytes, this.#mostBytes);
    const taken: Entry[] = [];
    let bytes = 0;
    while (this.#head < this.#entries.length && taken.length < mostRecords) {
      const entry = this.#entries[this.#head] as Entry;
      if (entry.call.isOpen(entry.index)) {
        if (taken.length > 0 && (bytes + entry.bytes > most || entry.bytes > this.#aloneBytes)) break;
        taken.push(entry);
        bytes += entry.bytes;
      }
      this.#head++;
      if (entry.bytes > this.#aloneBytes && taken.length > 0) break;
    }
    if (this.isEmpty || (this.#head > 1_000 && this.#head * 2 > this.#entries.length)) this.#compact();
    return taken;
  }

  putBack(entries: readonly Entry[]): void {
    this.#entries = [...entries, ...this.#entries.slice(this.#head)];
    this.#head = 0;
  }

  /** Drops what nobody waits for any more. */
  prune(): void {
    this.#entries = this.#entries.slice(this.#head).filter(({ call, index }) => call.isOpen(index));
    this.#head = 0;
  }

  /** The broker refused `entries` as too large together: smaller pieces from now on, down to single records. */
  shrink(entries: readonly Entry[]): void {
    const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
    this.#mostBytes = Math.max(1, Math.floor(bytes / 2));
  }

  /** A flush was stored: grow back slowly, since the limit that was met belongs to the topic and may have been raised. */
  relax(): void {
    if (this.#mostBytes < this.batchBytes) this.#mostBytes = Math.min(this.batchBytes, Math.ceil(this.#mostBytes * 1.25));
  }

  #compact(): void {
    this.#entries = this.#entries.slice(this.#head);
    this.#head = 0;
  }
}
