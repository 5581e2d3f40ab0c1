import { isUtf8 } from 'node:buffer';
import { JsonFault } from './json-fault.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const MINUS = 0x2d;
const LETTER_U = 0x75;

/** 1 = may follow a backslash in a string (RFC 8259 §7). */
const ESCAPABLE = new Uint8Array(256);
for (const c of '"\\/bfnrtu') ESCAPABLE[c.charCodeAt(0)] = 1;

/** 1 = ends the quick run through a string: quote, backslash, control character. */
const STRING_STOP = new Uint8Array(256);
STRING_STOP.fill(1, 0, 0x20);
STRING_STOP[QUOTE] = 1;
STRING_STOP[BACKSLASH] = 1;

const HEX = new Uint8Array(256);
for (const c of '0123456789abcdefABCDEF') HEX[c.charCodeAt(0)] = 1;

const isDigit = (c: number | undefined): boolean => c !== undefined && c >= 0x30 && c <= 0x39;

/** A checked JSON value inside a body: `[start, end)`; `spaced` tells that white space stands between its tokens. */
export interface JsonSlice {
  readonly start: number;
  readonly end: number;
  readonly spaced: boolean;
}

/**
 * Walks JSON as bytes: checks it against RFC 8259 and hands out slices, so that a record's value reaches Kafka with its
 * exact number text, member order and escapes, without being parsed into objects (design, Must 16 and 17).
 * @throws JsonFault for anything that is not UTF-8 JSON within `maxDepth`
 */
export class JsonCursor {
  position = 0;
  #spaced = false;

  constructor(
    readonly bytes: Buffer,
    private readonly maxDepth = 1000,
  ) {
    if (!isUtf8(bytes)) throw new JsonFault('utf8', 0, 'Invalid UTF-8');
  }

  /** The next byte that is no white space, without taking it; undefined at the end. */
  peek(): number | undefined {
    this.#skipSpace();
    return this.bytes[this.position];
  }

  atEnd(): boolean {
    return this.peek() === undefined;
  }

  /** Takes one structural byte. */
  take(expected: string): void {
    if (this.peek() !== expected.charCodeAt(0)) throw this.#fault(`Expected '${expected}'`);
    this.position++;
  }

  /** Takes the byte if it is next. */
  takeIf(expected: string): boolean {
    if (this.peek() !== expected.charCodeAt(0)) return false;
    this.position++;
    return true;
  }

  /** Calls `onMember` with each member's name; it must take the value. */
  object(onMember: (name: string) => void): void {
    this.take('{');
    if (this.takeIf('}')) return;
    do {
      const name = this.string();
      this.take(':');
      onMember(name);
    } while (this.takeIf(','));
    this.take('}');
  }

  /** Calls `onItem` before each item; it must take the value. */
  array(onItem: () => void): void {
    this.take('[');
    if (this.takeIf(']')) return;
    do onItem();
    while (this.takeIf(','));
    this.take(']');
  }

  /** The same as `object` and `array`, one member or item at a time, for a body so large that others must get their turn between. */
  *members(): Generator<string, void> {
    this.take('{');
    if (this.takeIf('}')) return;
    do {
      const name = this.string();
      this.take(':');
      yield name;
    } while (this.takeIf(','));
    this.take('}');
  }

  *items(): Generator<void, void> {
    this.take('[');
    if (this.takeIf(']')) return;
    do yield;
    while (this.takeIf(','));
    this.take(']');
  }

  /** Takes a string and decodes it. For names and control fields, not for record values. */
  string(): string {
    if (this.peek() !== QUOTE) throw this.#fault('Expected a string');
    const { start, end } = this.value();
    return JSON.parse(this.bytes.toString('utf8', start, end)) as string;
  }

  /** Takes any value after checking it. */
  value(): JsonSlice {
    this.#skipSpace();
    const start = this.position;
    this.#spaced = false;
    this.#value();
    return { start, end: this.position, spaced: this.#spaced };
  }

  /** One loop and an explicit stack: nesting costs no call frame, so that depth is our limit and not the engine's. */
  #value(): void {
    const stack: number[] = [];
    for (;;) {
      const c = this.peek();
      if (c === OPEN_OBJECT || c === OPEN_ARRAY) {
        this.position++;
        if (stack.length >= this.maxDepth) throw new JsonFault('depth', this.position, `More than ${this.maxDepth} levels`);
        stack.push(c);
        const close = c === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY;
        if (this.#spacedPeek() !== close) {
          if (c === OPEN_OBJECT) this.#memberName();
          continue;
        }
        this.position++;
        stack.pop();
      } else {
        this.#scalar(c);
      }
      if (this.#closeAndAdvance(stack)) return;
    }
  }

  /** After a complete value: closes what ends here; true when the outermost value is complete. */
  #closeAndAdvance(stack: number[]): boolean {
    while (stack.length > 0) {
      const open = stack[stack.length - 1];
      const c = this.#spacedPeek();
      if (c === COMMA) {
        this.position++;
        this.#spacedPeek();
        if (open === OPEN_OBJECT) this.#memberName();
        return false;
      }
      if (c !== (open === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY)) throw this.#fault("Expected ',' or a closing bracket");
      this.position++;
      stack.pop();
    }
    return true;
  }

  #memberName(): void {
    if (this.#spacedPeek() !== QUOTE) throw this.#fault('Expected a member name');
    this.#string();
    if (this.#spacedPeek() !== COLON) throw this.#fault("Expected ':'");
    this.position++;
    this.#spacedPeek();
  }

  #scalar(c: number | undefined): void {
    if (c === QUOTE) this.#string();
    else if (c === MINUS || isDigit(c)) this.#number();
    else if (c === 0x74) this.#word('true');
    else if (c === 0x66) this.#word('false');
    else if (c === 0x6e) this.#word('null');
    else throw this.#fault(c === undefined ? 'Unexpected end' : 'Unexpected character');
  }

  #string(): void {
    const { bytes } = this;
    let i = this.position + 1;
    for (;;) {
      while (STRING_STOP[bytes[i] ?? 0] === 0) i++;
      const c = bytes[i];
      if (c === QUOTE) break;
      if (c !== BACKSLASH) throw new JsonFault(c === undefined ? 'end-of-input' : 'syntax', i, c === undefined ? 'Unterminated string' : 'Control character in a string');
      i++;
      if (ESCAPABLE[bytes[i] ?? 0] === 0) throw new JsonFault('syntax', i, 'Bad escape');
      if (bytes[i] === LETTER_U) {
        for (let n = 1; n <= 4; n++) if (HEX[bytes[i + n] ?? 0] === 0) throw new JsonFault('syntax', i + n, 'Bad escape');
        i += 4;
      }
      i++;
    }
    this.position = i + 1;
  }

  #number(): void {
    const { bytes } = this;
    let i = this.position;
    if (bytes[i] === MINUS) i++;
    if (bytes[i] === 0x30) i++;
    else i = this.#digits(i);
    if (bytes[i] === 0x2e) i = this.#digits(i + 1);
    if (bytes[i] === 0x65 || bytes[i] === 0x45) {
      i++;
      if (bytes[i] === 0x2b || bytes[i] === MINUS) i++;
      i = this.#digits(i);
    }
    this.position = i;
  }

  #digits(from: number): number {
    let i = from;
    while (isDigit(this.bytes[i])) i++;
    if (i === from) throw new JsonFault('syntax', i, 'Bad number');
    return i;
  }

  #word(word: string): void {
    if (this.bytes.toString('latin1', this.position, this.position + word.length) !== word) throw this.#fault('Unexpected character');
    this.position += word.length;
  }

  /** Like peek, and remembers that white space stood inside a value. */
  #spacedPeek(): number | undefined {
    const before = this.position;
    const c = this.peek();
    if (this.position !== before) this.#spaced = true;
    return c;
  }

  #skipSpace(): void {
    const { bytes } = this;
    for (;;) {
      const c = bytes[this.position];
      if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return;
      this.position++;
    }
  }

  #fault(what: string): JsonFault {
    return new JsonFault(this.position >= this.bytes.length ? 'end-of-input' : 'syntax', this.position, what);
  }
}
