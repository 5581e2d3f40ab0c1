import type { AbortedTransaction } from './fetch.api.js';
import type { RecordBatch } from './record-batch.reader.js';

/**
 * Tells which batches of one fetch answer a committed reader may see (KIP-98): asked for each batch in order.
 * The library's own filter gives out aborted records when a producer aborted twice, or with small fetches (2.12.1).
 */
export class CommittedFilter {
  readonly #waiting: AbortedTransaction[];
  readonly #aborting = new Set<bigint>();

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#waiting = [...aborted].sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : a.firstOffset > b.firstOffset ? 1 : 0));
  }

  admits(batch: Pick<RecordBatch, 'lastOffset' | 'producerId' | 'transactional' | 'control'>): boolean {
    for (let next = this.#waiting[0]; next !== undefined && next.firstOffset <= batch.lastOffset; next = this.#waiting[0]) {
      this.#aborting.add(next.producerId);
      this.#waiting.shift();
    }
    if (batch.control !== null) {
      if (batch.control === 'abort') this.#aborting.delete(batch.producerId);
      return false;
    }
    return !(batch.transactional && this.#aborting.has(batch.producerId));
  }
}
