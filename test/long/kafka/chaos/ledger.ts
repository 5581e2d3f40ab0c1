import type { KafkaCaller, RecordResult } from '@postern/kafka';
import type { CallerNow } from '../short-tokens.ts';

/** One record that was sent once, and what its caller was told. */
export interface Attempt {
  readonly id: string;
  readonly topic: string;
  /** Records of one stream are sent in the order of their numbers to one partition. */
  readonly stream: string | null;
  readonly n: number;
  readonly outcome: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly at: number;
  readonly tookMs: number;
  /** Idempotent, with time enough: may not end in doubt. */
  readonly patient: boolean;
}

export type Told<T> = { readonly kind: 'answered'; readonly value: T } | { readonly kind: 'failed'; readonly code: string };

const IDENTITY = ['CALLER_TOKEN_REFUSED', 'OWN_TOKEN_REFUSED', 'CREDENTIAL_EXPIRED', 'CREDENTIAL_UNAVAILABLE'];
const LATE_MOST_MS = 500;
/** A session ends a tenth of a token's life before it; the rest is for the answer's way. */
const END_MARGIN_MS = 1_100;
const LAG_EVERY_MS = 50;
const EXAMPLES = 3;

export const codeOf = (error: unknown): string => (error as { code?: string }).code ?? String(error);
export const outcomeOf = (result: RecordResult | undefined): string => (result?.kind === 'stored' ? 'stored' : (result?.error.code ?? 'no result'));

/** What was promised and what was seen; every call of the run goes through `call`. */
export class Ledger {
  readonly attempts: Attempt[] = [];
  /** Codes by what was called. */
  readonly answers = new Map<string, number>();
  slowestLateMs = 0;
  readonly #broken = new Map<string, { count: number; readonly examples: string[] }>();
  readonly #lags: { readonly at: number; readonly ms: number }[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor() {
    let last = Date.now();
    this.#timer = setInterval(() => {
      const now = Date.now();
      if (now - last > 2 * LAG_EVERY_MS) this.#lags.push({ at: now, ms: now - last - LAG_EVERY_MS });
      last = now;
    }, LAG_EVERY_MS);
  }

  broken(promise: string, example: string): void {
    const known = this.#broken.get(promise) ?? { count: 0, examples: [] };
    this.#broken.set(promise, known);
    known.count++;
    // The first ones, and the last.
    if (known.examples.length <= EXAMPLES) known.examples.push(example);
    else known.examples[EXAMPLES] = example;
  }

  get lines(): string[] {
    return [...this.#broken].map(([promise, { count, examples }]) => `BROKEN ${count} times: ${promise}; for example ${examples.join(' | ')}`);
  }

  /** Ends by itself only through the library's deadline; late answers and false refusals are noted. */
  async call<T>(what: string, callerNow: CallerNow, deadlineMs: number, use: (caller: KafkaCaller, deadline: number) => Promise<T>): Promise<Told<T>> {
    const caller = await callerNow();
    const at = Date.now();
    const told = await use(caller, at + deadlineMs).then(
      (value): Told<T> => ({ kind: 'answered', value }),
      (error: unknown): Told<T> => ({ kind: 'failed', code: codeOf(error) }),
    );
    this.#mustBeInTime(what, at, deadlineMs);
    const code = told.kind === 'failed' ? told.code : 'answered';
    this.count(`${what} ${code}`);
    this.checkIdentity(what, code, caller, at);
    if (/^(INTERNAL|\w*Error)/.test(code)) this.broken('only known failures', `${what}: ${code}`);
    return told;
  }

  count(what: string): void {
    this.answers.set(what, (this.answers.get(what) ?? 0) + 1);
  }

  /** A refusal of a token that was good all the while. */
  checkIdentity(what: string, code: string, { credentials }: KafkaCaller, at: number): void {
    if (!IDENTITY.includes(code) || Date.now() >= credentials.proofUntil - END_MARGIN_MS) return;
    this.broken('a valid token is never refused', `${what} of ${credentials.kafkaName}: ${code} ${credentials.proofUntil - Date.now()} ms before its end, ${Date.now() - at} ms after the call, at ${new Date().toISOString()}`);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #mustBeInTime(what: string, at: number, deadlineMs: number): void {
    const now = Date.now();
    // What this machine held up is not the library's.
    const held = this.#lags.filter((lag) => lag.at >= at && lag.at <= now + LAG_EVERY_MS).reduce((sum, { ms }) => sum + ms, 0);
    const late = now - at - deadlineMs - held;
    this.slowestLateMs = Math.max(this.slowestLateMs, late);
    if (late > LATE_MOST_MS) this.broken('every call ends within its deadline', `${what}: ${now - at} ms of ${deadlineMs} ms at ${new Date().toISOString()}`);
  }
}
