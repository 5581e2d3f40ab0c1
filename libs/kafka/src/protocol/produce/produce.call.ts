import { KafkaError, type KafkaErrorCode } from '../../errors/kafka-error.js';
import type { ProduceRecord, RecordResult } from '../../session/session.port.js';

/** Whole-call failures: if they are all that happened, the call throws instead of repeating them for each record. */
const OF_THE_CALL: ReadonlySet<KafkaErrorCode> = new Set(['CALLER_TOKEN_REFUSED', 'OWN_TOKEN_REFUSED', 'CREDENTIAL_EXPIRED', 'CREDENTIAL_UNAVAILABLE', 'INTERNAL']);

/** One record on its way. `sent` turns true when bytes may have reached the broker, and back when the broker said it wrote nothing. */
export interface Entry {
  readonly call: ProduceCall;
  readonly index: number;
  readonly record: ProduceRecord;
  readonly bytes: number;
  sent: boolean;
  tries: number;
  /** Why the last try failed, for the answer when time runs out. */
  lastError: KafkaError | null;
  /** It was in a batch that may have been written and now goes on in pieces; shared by all of that batch. */
  doubt: { isOpen: boolean } | null;
}

/** One `produce`: every record gets exactly one result, in the order of the records. */
export class ProduceCall {
  readonly deadline: number;
  readonly results: Promise<readonly RecordResult[]>;
  readonly #slots: (RecordResult | undefined)[];
  readonly #entries: (Entry | undefined)[] = [];
  #open: number;
  #resolve!: (results: readonly RecordResult[]) => void;
  #reject!: (error: KafkaError) => void;

  constructor(records: number, deadline: number) {
    this.deadline = deadline;
    this.#open = records;
    this.#slots = Array.from<RecordResult | undefined>({ length: records });
    this.results = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // May be settled by the deadline while records are still being routed, before anybody waits.
    this.results.catch(() => undefined);
  }

  /** Whether the record still waits for its result. */
  isOpen(index: number): boolean {
    return this.#slots[index] === undefined;
  }

  entry(index: number, record: ProduceRecord, bytes: number): Entry {
    const entry: Entry = { call: this, index, record, bytes, sent: false, tries: 0, lastError: null, doubt: null };
    this.#entries[index] = entry;
    return entry;
  }

  fail(index: number, error: KafkaError): void {
    const entry = this.#entries[index];
    // Whatever was said of a later try, the first may have been written.
    const isDoubtful = entry?.doubt?.isOpen === true;
    this.settle(index, { kind: 'failed', error: isDoubtful ? new KafkaError('OUTCOME_UNKNOWN', { resource: entry.record.topic }, { cause: error }) : error });
  }

  /** The first result of a record stands; later ones (an answer after the deadline) change nothing. */
  settle(index: number, result: RecordResult): void {
    if (this.#slots[index] !== undefined) return;
    this.#slots[index] = result;
    if (--this.#open === 0) this.#finish();
  }

  /** Time is up: what was sent may be written, what was not is certainly not (Must 15). */
  expire(): void {
    for (let i = 0; i < this.#slots.length; i++) {
      if (this.#slots[i] !== undefined) continue;
      const entry = this.#entries[i];
      if (entry?.sent === true) this.fail(i, new KafkaError('OUTCOME_UNKNOWN', { resource: entry.record.topic }));
      else this.fail(i, entry?.lastError ?? new KafkaError('DEADLINE_EXCEEDED'));
    }
  }

  #finish(): void {
    const results = this.#slots as RecordResult[];
    const [first] = results;
    if (first?.kind === 'failed' && OF_THE_CALL.has(first.error.code) && results.every((r) => r.kind === 'failed' && r.error.code === first.error.code)) this.#reject(first.error);
    else this.#resolve(results);
  }
}
