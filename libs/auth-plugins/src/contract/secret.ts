import { inspect } from 'node:util';

const REDACTED = '<redacted>';

/** Holds a password, token or key. Every way of printing it gives `<redacted>` (I29); `reveal()` is the one way out. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
