import { describe, expect, it } from 'vitest';
import { ManualTime } from '../testing/manual-time.js';
import { RefusedTokens } from './refused.tokens.js';

describe('refused tokens', () => {
  it('are not shown for 5 s, then twice as long each time, to 60 s', async () => {
    const time = new ManualTime();
    const refused = new RefusedTokens(time);
    for (const seconds of [5, 10, 20, 40, 60, 60]) {
      refused.remember('main', 'hash', time.now() + 3_600_000);
      await time.pass(seconds * 1_000 - 1);
      expect(refused.isRefused('main', 'hash')).toBe(true);
      await time.pass(1);
      expect(refused.isRefused('main', 'hash')).toBe(false);
    }
  });

  it('are refused on their own cluster only, and never past their end', () => {
    const time = new ManualTime();
    const refused = new RefusedTokens(time);
    refused.remember('main', 'hash', time.now() + 1_000);
    expect(refused.isRefused('other', 'hash')).toBe(false);
    expect(refused.isRefused('main', 'other')).toBe(false);
    return time.pass(1_000).then(() => expect(refused.isRefused('main', 'hash')).toBe(false));
  });

  it('are bounded in number', () => {
    const time = new ManualTime();
    const refused = new RefusedTokens(time);
    for (let i = 0; i < 10_050; i++) refused.remember('main', `${i}`, time.now() + 1_000_000);
    expect(refused.size).toBe(10_000);
    expect(refused.isRefused('main', '10049')).toBe(true);
    expect(refused.isRefused('main', '0')).toBe(false);
  });
});
