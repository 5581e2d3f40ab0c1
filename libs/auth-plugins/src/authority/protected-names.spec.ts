import { describe, expect, it } from 'vitest';
import { createProtectedNames } from './protected-names.js';

describe('protected names', () => {
  const isProtected = createProtectedNames(['admin', 'ﬁle-broker', 'Straße']);
  it.each([
    ['itself', 'admin'],
    ['another case', 'ADMIN'],
    ['fullwidth letters', 'ａｄｍｉｎ'],
    ['a ligature taken apart', 'file-broker'],
    ['sharp s in capitals', 'STRASSE'],
    ["Kafka's name for nobody", 'Anonymous'],
  ])('hold %s', (_sentence, name) => {
    expect(isProtected(name)).toBe(true);
  });
  it.each(['admin2', 'adm', '', 'admin '])('do not hold %j', (name) => {
    expect(isProtected(name)).toBe(false);
  });
});
