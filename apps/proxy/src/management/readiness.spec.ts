import { describe, expect, it } from 'vitest';
import type { HealthState, Plugin } from '@postern/auth-plugins';
import { ReadinessCheck } from './readiness.js';

const plugin = (...parts: HealthState[]) => ({ health: () => parts }) as unknown as Plugin;

describe('readiness', () => {
  it('is all parts up, once every listener is open', async () => {
    const check = new ReadinessCheck([plugin({ name: 'ldap:directory', state: 'up' }, { name: 'entra:keys', state: 'unknown' })], new Map([['main', async () => 'up' as const]]), () => 0);
    expect(await check.state()).toMatchObject({ ready: false, parts: expect.arrayContaining([{ name: 'process:starting', state: 'down' }]) });
    check.listening();
    expect(await check.state()).toEqual({ ready: true, parts: [{ name: 'kafka:main', state: 'up' }, { name: 'ldap:directory', state: 'up' }, { name: 'entra:keys', state: 'unknown' }] });
    check.stopping();
    expect((await check.state()).ready).toBe(false);
  });

  it('names the part that is down, asks each cluster at most every two seconds, and sees it come back', async () => {
    let now = 0;
    let asked = 0;
    let state: 'up' | 'down' = 'down';
    const check = new ReadinessCheck([], new Map([['main', async () => (asked++, state)]]), () => now);
    check.listening();
    expect(await check.state()).toEqual({ ready: false, parts: [{ name: 'kafka:main', state: 'down' }] });
    state = 'up';
    now = 1_999;
    expect((await check.state()).ready).toBe(false);
    expect(asked).toBe(1);
    now = 2_000;
    expect((await check.state()).ready).toBe(true);
  });
});
