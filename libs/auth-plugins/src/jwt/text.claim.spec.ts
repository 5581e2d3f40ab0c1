import { describe, expect, it } from 'vitest';
import { isNamingText } from './text.claim.js';

describe('a claim that names somebody', () => {
  it.each(['alice', 'Alice Archer', 'jürgen@example.test', '李雷', 'a', 'x'.repeat(1_024), '😀'])('may be %s', (value) => {
    expect(isNamingText(value)).toBe(true);
  });
  it.each<readonly [string, unknown]>([
    ['empty', ''], ['a blank', ' '], ['blanks before', ' alice'], ['blanks after', 'alice '], ['a no-break space after', 'alice\u00a0'], ['a newline after', 'alice\n'],
    ['a NUL', 'ali\u0000ce'], ['a bell', 'ali\u0007ce'], ['a bidi override', '\u202ealice'], ['a zero-width space', 'ali\u200bce'], ['a byte-order mark', '\ufeffalice'],
    ['a line separator', 'a\u2028b'], ['half a surrogate pair', 'a\ud800'], ['1,025 characters', 'x'.repeat(1_025)], ['a number', 5], ['an object', {}], ['a list', ['alice']], ['nothing', undefined],
  ])('cannot be or have %s', (_sentence, value) => {
    expect(isNamingText(value)).toBe(false);
  });
});
