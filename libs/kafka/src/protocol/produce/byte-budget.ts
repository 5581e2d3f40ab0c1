/** Bytes of records that wait for a flush: one budget for the process, and one for each session inside it. */
export class ByteBudget {
  readonly #most: number;
  readonly #outer: ByteBudget | null;
  #used = 0;

  constructor(most: number, outer: ByteBudget | null = null) {
    this.#most = most;
    this.#outer = outer;
  }

  get used(): number {
    return this.#used;
  }

  /** All or nothing: a call that is taken in half could only be answered in half. */
  tryTake(bytes: number): boolean {
    if (this.#used + bytes > this.#most) return false;
    if (this.#outer !== null && !this.#outer.tryTake(bytes)) return false;
    this.#used += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#used -= bytes;
    this.#outer?.give(bytes);
  }
}
