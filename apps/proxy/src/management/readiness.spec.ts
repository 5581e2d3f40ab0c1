import { describe, expect, it } from 'vitest';
import type { HealthState, Plugin } from '@postern/auth-plugins';
import { ReadinessCheck } from './readiness.js';

const plugin = (...parts: HealthState[]) => ({ health: () => parts }) as unknown as Plugin;

describe('readiness', () => {
  it('is all parts up, once every listener is open', async () => {
    const check = new ReadinessCheck(() => [plugin({ name: 'ldap:directory', state: 'up' }, { name: 'entra:keys', state: 'unknown' })], new Map([['main', async () => 'up' as const]]), () => [], () => 0);
    expect(await check.state()).toMatchObject({ status: 'not-ready', parts: expect.arrayContaining([{ name: 'process:starting', state: 'down' }]) });
    check.listening();
    expect(await check.state()).toEqual({ status: 'ready', parts: [{ name: 'kafka:main', state: 'up' }, { name: 'ldap:directory', state: 'up' }, { name: 'entra:keys', state: 'unknown' }] });
    check.stopping();
    expect((await check.state()).status).toBe('not-ready');
  });

  it('names the part that is down, asks each cluster at most every two seconds, and sees it come back', async () => {
    let now = 0;
    let asked = 0;
    let state: 'up' | 'down' = 'down';
    const check = new ReadinessCheck(() => [plugin({ name: 'ldap:directory', state: 'up' })], new Map([['main', async () => (asked++, state)]]), () => [], () => now);
    check.listening();
    expect(await check.state()).toEqual({ status: 'not-ready', parts: [{ name: 'kafka:main', state: 'down' }, { name: 'ldap:directory', state: 'up' }] });
    state = 'up';
    now = 1_999;
    expect((await check.state()).status).toBe('not-ready');
    expect(asked).toBe(1);
    now = 2_000;
    expect((await check.state()).status).toBe('ready');
  });

  it('is degraded, and still sends callers here, while another way in is open', async () => {
    const parts = { directory: { name: 'ldap:directory', state: 'down' }, keys: { name: 'entra:keys', state: 'up' } } as const;
    const up = new Map([['main', async () => 'up' as const]]);
    const some = new ReadinessCheck(() => [plugin(parts.directory), plugin(parts.keys)], up);
    const none = new ReadinessCheck(() => [plugin(parts.directory)], up);
    for (const check of [some, none]) check.listening();
    expect([(await some.state()).status, (await none.state()).status]).toEqual(['degraded', 'not-ready']);
  });

  it('is degraded, and says so by name, while no key signs for a cluster', async () => {
    const check = new ReadinessCheck(() => [plugin({ name: 'ldap:directory', state: 'up' })], new Map([['main', async () => 'up' as const]]), () => ['main']);
    check.listening();
    expect(await check.state()).toEqual({ status: 'degraded', parts: [{ name: 'kafka:main', state: 'up' }, { name: 'ldap:directory', state: 'up' }, { name: 'signing-key:main', state: 'down' }] });
  });
});
