import { describe, expect, it } from 'vitest';
import { normalName } from './counted.name.js';
import { createFailureBudget } from './failure.budget.js';

describe('the name that failures are counted by', () => {
  it.each([
    ['case', 'ALICE'],
    ['fullwidth letters', 'ａｌｉｃｅ'],
    ['blanks at the ends', ' alice '],
    ['a dotted capital I', 'AL\u0130CE'],
    ['a dotless i', 'al\u0131ce'],
    ['an accent', 'álice'],
    ['an accent as a mark of its own', 'a\u0301lice'],
    ['a capital with an accent', 'ALICÉ'],
    ['a soft hyphen', 'al\u00adice'],
    ['a zero-width blank', 'alice\u200b'],
    ['a variation selector', 'alice\ufe0f'],
  ])('is one whatever the %s', (_, typed) => {
    expect(normalName(typed)).toBe('alice');
  });
  it.each([['strasse', 'Straße'], ['soren', 'Søren'], ['aesir', 'Æsir'], ['a b', 'A   b']])('is %s for %s', (counted, typed) => {
    expect(normalName(typed)).toBe(counted);
  });
  it('keeps other names apart', () => {
    expect(new Set(['alice', 'alice1', 'al ice', 'a.lice', 'алиса', '愛麗絲'].map(normalName)).size).toBe(6);
  });
  it('is spent by guesses in any of these forms', () => {
    const { take } = createFailureBudget({ lockoutThreshold: 5, windowSeconds: 300, replicas: 1, clock: { now: () => 0 } });
    const answers = ['alice', 'álice', 'àlice', 'alicé', 'ａlice'].map((name, i) => take(name, `192.0.2.${i}`).kind);
    expect(answers).toEqual(['go', 'go', 'spent', 'spent', 'spent']);
  });
});
