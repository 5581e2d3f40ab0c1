import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Unavailable, type Verification } from '../contract/outcome.js';
import { createCredentialCache } from './credential.cache.js';

const NOW = 1_800_000_000_000;
const facts = { authority: 'corp', pluginId: 'l', tenant: null, subject: 's', issuerKey: 'authority:corp', name: 'alice', groups: { kind: 'known', ids: [] }, roles: [], applicationId: null, credentialExpiresAt: null } as const;
const cached = (settings: object = {}) => {
  let now = NOW;
  let asked = 0;
  const cache = createCredentialCache({ pluginId: 'l', credentialSeconds: 60, negativeSeconds: 30, entries: 100, clock: { now: () => now }, ...settings });
  const verify = async (password: string): Promise<Verification> => {
    asked += 1;
    return password === 'right' ? { kind: 'verified', facts: { ...facts, verifiedAt: now } } : { kind: 'rejected', reason: 'bad-credential' };
  };
  return { cache, later: (seconds: number) => (now += seconds * 1000), asked: () => asked, login: (name: string, password: string) => cache.through(name, password, () => verify(password)) };
};

describe('remembered logins', () => {
  it('keep the time of their real bind', async () => {
    const { login, later, asked } = cached();
    await login('alice', 'right');
    later(59);
    const again = await login('alice', 'right');
    expect(again.kind === 'verified' && again.facts.verifiedAt).toBe(NOW);
    expect(asked()).toBe(1);
  });
  it('end after a minute, so that a changed password works at most that long', async () => {
    const { login, later, asked } = cached();
    await login('alice', 'right');
    later(60);
    await login('alice', 'right');
    expect(asked()).toBe(2);
  });
  it('end with the token that the login gave', async () => {
    const { cache, later } = cached();
    const endsAt = NOW + 20_000;
    let asked = 0;
    const login = () => cache.through('alice', 'right', async () => {
      asked += 1;
      return { kind: 'verified', facts: { ...facts, verifiedAt: NOW, credentialExpiresAt: endsAt } };
    });
    await login();
    later(19);
    await login();
    expect(asked).toBe(1);
    later(1);
    await login();
    expect(asked).toBe(2);
  });
  it('answer the same wrong password 1000 times with one bind', async () => {
    const { login, asked } = cached();
    for (let n = 0; n < 1_000; n += 1) expect((await login('alice', 'wrong')).kind).toBe('rejected');
    expect(asked()).toBe(1);
  });
  it('forget a wrong password after half a minute', async () => {
    const { login, later, asked } = cached();
    await login('alice', 'wrong');
    later(30);
    await login('alice', 'wrong');
    expect(asked()).toBe(2);
  });
  it('are asked once for all who wait', async () => {
    const { login, asked } = cached();
    const all = await Promise.all(Array.from({ length: 50 }, () => login('alice', 'right')));
    expect(all.every(({ kind }) => kind === 'verified')).toBe(true);
    expect(asked()).toBe(1);
  });
  it('never mix up names and passwords that concatenate to one text', async () => {
    const { login, asked } = cached();
    await login('a', 'b:c');
    await login('a:b', 'c');
    await login('ab', ':c');
    await login('alice', 'right');
    await login('Alice', 'right');
    expect(asked()).toBe(5);
  });
  it('hold no outage', async () => {
    const { cache, login } = cached();
    await expect(cache.through('alice', 'right', () => Promise.reject(new Unavailable('directory')))).rejects.toBeInstanceOf(Unavailable);
    expect((await login('alice', 'right')).kind).toBe('verified');
  });
  it('hold no throttled answer', async () => {
    const { cache, login } = cached();
    await cache.through('alice', 'right', async () => ({ kind: 'throttled', retryAfterSeconds: 1 }));
    expect((await login('alice', 'right')).kind).toBe('verified');
  });
  it('are forgotten on command, those under way too', async () => {
    const { cache, login, asked } = cached();
    const early = login('alice', 'right');
    cache.forget();
    await early;
    await login('alice', 'right');
    expect(asked()).toBe(2);
  });
  it('survive a flood of wrong passwords', async () => {
    const { login, asked } = cached({ entries: 100 });
    await login('alice', 'right');
    for (let n = 0; n < 200; n += 1) await login('alice', `wrong-${n}`);
    await login('alice', 'right');
    expect(asked()).toBe(201);
  });
  it('are gone when the clock goes back', async () => {
    const { login, later, asked } = cached();
    await login('alice', 'right');
    later(-10);
    await login('alice', 'right');
    expect(asked()).toBe(2);
  });
  it('show no password', async () => {
    const { cache, login } = cached();
    await login('alice', 'canary-secret');
    expect(inspect(cache, { depth: 8, showHidden: true })).not.toContain('canary-secret');
  });
});
