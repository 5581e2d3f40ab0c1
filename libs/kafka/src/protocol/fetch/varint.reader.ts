import { UnreadableBatch } from './decompress.js';

/** Reads zigzag varints and the bytes that they measure (KIP-98). Past the end it throws, it never guesses. */
export class VarintReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get at(): number {
    return this.#at;
  }

  /** Exact below 2^52: plain arithmetic, since bit operations of JavaScript end at 32 bits. @throws UnreadableBatch */
  varint(): number {
    const bytes = this.#bytes;
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 10; i++) {
      const byte = bytes[this.#at++];
      if (byte === undefined) throw new UnreadableBatch('records end early');
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
      scale *= 128;
    }
    throw new UnreadableBatch('a number has no end');
  }

  /** A view, no copy; a length of -1 is null, apart from empty. @throws UnreadableBatch */
  bytes(): Buffer | null {
    const length = this.varint();
    if (length < 0) return null;
    const from = this.#at;
    this.moveTo(from + length);
    return this.#bytes.subarray(from, this.#at);
  }

  skip(count: number): void {
    this.moveTo(this.#at + count);
  }

  /** @throws UnreadableBatch */
  moveTo(at: number): void {
    if (at > this.#bytes.length || at < 0) throw new UnreadableBatch('records end early');
    this.#at = at;
  }
}
