import { write as fsWrite, writeSync } from 'node:fs';

export interface LineStreamOptions {
  readonly fd?: number;
  /** Bytes that are worth a system call of their own. */
  readonly minBytes?: number;
  readonly everyMs?: number;
  /** Lines that wait for a sink that does not take them; more are lost, and counted. */
  readonly maxBytes?: number;
  /** How long `handOver` waits for a sink that is slow. */
  readonly patienceMs?: number;
}

interface Waiting {
  readonly upTo: number;
  settle(failed: boolean): void;
}

const BUSY_MS = 10;

/**
 * Where all lines go: written in the background, several at a time, and handed to the operating system on demand (I30).
 * Pino's own stream is not used: its synchronous flush never returns when the disk is full, a broken pipe silently ends it,
 * and neither tells when one certain line was taken.
 */
export class LineStream {
  readonly #fd: number;
  readonly #minBytes: number;
  readonly #maxBytes: number;
  readonly #patienceMs: number;
  readonly #ticker: NodeJS.Timeout;
  #lines: string[] = [];
  #bytes = 0;
  /** The rest of what the operating system took in part. */
  #rest: Buffer = Buffer.alloc(0);
  #taken = 0;
  #writing = false;
  #waiting: Waiting[] = [];
  #isFailing = false;
  #lost = 0;
  /** Told when the sink begins to fail, and when it takes lines again. */
  onState: (isFailing: boolean) => void = () => undefined;

  constructor({ fd = 1, minBytes = 8_192, everyMs = 100, maxBytes = 16_777_216, patienceMs = 2_000 }: LineStreamOptions = {}) {
    [this.#fd, this.#minBytes, this.#maxBytes, this.#patienceMs] = [fd, minBytes, maxBytes, patienceMs];
    this.#ticker = setInterval(() => this.#pump(), everyMs).unref();
  }

  get isFailing(): boolean {
    return this.#isFailing;
  }

  /** Lines that were dropped since the start. */
  get lost(): number {
    return this.#lost;
  }

  write(line: string): void {
    if (this.#bytes >= this.#maxBytes) {
      this.#lost += 1;
      // A reader that reads no more gives no error: what it costs is told here.
      if (!this.#isFailing) this.onState((this.#isFailing = true));
      return;
    }
    this.#lines.push(line);
    this.#bytes += line.length;
    this.#taken += 1;
    if (this.#bytes >= this.#minBytes && !this.#isFailing) this.#pump();
  }

  /** Resolves when every line up to now is with the operating system. @throws Error when the sink does not take them, or lines are being lost */
  handOver(): Promise<void> {
    if (this.#bytes >= this.#maxBytes) return Promise.reject(new Error('the sink of log and audit is full'));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => waiting.settle(true), this.#patienceMs);
      const waiting: Waiting = {
        upTo: this.#taken,
        settle: (failed) => {
          clearTimeout(timer);
          this.#waiting = this.#waiting.filter((each) => each !== waiting);
          if (failed) reject(new Error('the sink of log and audit does not take lines'));
          else resolve();
        },
      };
      this.#waiting.push(waiting);
      this.#pump();
    });
  }

  /** The last lines of a process that ends. A sink that does not take them within a second loses them. */
  end(): void {
    clearInterval(this.#ticker);
    let left = Buffer.concat([this.#rest, Buffer.from(this.#lines.join(''))]);
    for (let tries = 0; left.length > 0 && tries < 100; tries++) {
      try {
        left = left.subarray(writeSync(this.#fd, left));
      } catch (error) {
        if (!isBusy(error)) return;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BUSY_MS);
      }
    }
  }

  #pump(): void {
    if (this.#writing) return;
    const upTo = this.#taken;
    const bytes = Buffer.concat([this.#rest, Buffer.from(this.#lines.join(''))]);
    this.#lines = [];
    if (bytes.length === 0) return this.#done(upTo);
    this.#writing = true;
    this.#write(bytes, upTo);
  }

  #write(bytes: Buffer, upTo: number): void {
    fsWrite(this.#fd, bytes, (error, written) => {
      if (isBusy(error)) {
        setTimeout(() => this.#write(bytes, upTo), BUSY_MS).unref();
        return;
      }
      const left = error === null ? bytes.subarray(written) : bytes;
      if (error === null && left.length > 0) return this.#write(left, upTo);
      this.#writing = false;
      this.#rest = left;
      this.#bytes = left.length + this.#lines.reduce((sum, line) => sum + line.length, 0);
      if (error === null) this.#done(upTo);
      else this.#failed();
    });
  }

  #done(upTo: number): void {
    if (this.#isFailing) this.onState((this.#isFailing = false));
    for (const waiting of this.#waiting) if (waiting.upTo <= upTo) waiting.settle(false);
    if (this.#waiting.length > 0 || this.#bytes >= this.#minBytes) this.#pump();
  }

  #failed(): void {
    if (!this.#isFailing) this.onState((this.#isFailing = true));
    for (const waiting of this.#waiting) waiting.settle(true);
  }
}

const isBusy = (error: unknown): boolean => error instanceof Error && 'code' in error && (error.code === 'EAGAIN' || error.code === 'EBUSY');
