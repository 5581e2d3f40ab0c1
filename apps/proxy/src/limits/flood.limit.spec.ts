import { describe, expect, it } from 'vitest';
import { FloodLimit, sourceOf, toldSource } from './flood.limit.js';

describe('a source address', () => {
  it.each([
    ['an IPv4 address as it is', '10.1.2.3', '10.1.2.3'],
    ['an IPv4 address in IPv6 clothes', '::ffff:10.1.2.3', '10.1.2.3'],
    ['an IPv6 address by its /64', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['a shortened IPv6 address', '2001:db8::1', '2001:db8:0:0::/64'],
    ['nothing', undefined, 'unknown'],
  ])('%s', (_, address, source) => expect(sourceOf(address)).toBe(source));

  it('is nobody\'s where failed logins are counted, when there is none', () => {
    expect([toldSource(sourceOf(undefined)), toldSource(sourceOf('10.1.2.3'))]).toEqual(['', '10.1.2.3']);
  });
});

describe('the flood limit', () => {
  it('admits a burst, then the rate, for each source on its own', () => {
    let now = 0;
    const limit = new FloodLimit(() => ({ floodPerSecond: 10, floodBurst: 3 }), () => now);
    expect([1, 2, 3, 4].map(() => limit.admits('a'))).toEqual([true, true, true, false]);
    expect(limit.admits('b')).toBe(true);
    now = 100;
    expect([limit.admits('a'), limit.admits('a')]).toEqual([true, false]);
  });
});
