import { describe, expect, it } from 'vitest';
import { Throttled, Unavailable, type Verification } from '../contract/outcome.js';
import { isVerifiedPrincipal, type VerifiedFacts } from '../contract/principal.js';
import { createRunner } from './plugin.runner.js';

const FACTS: VerifiedFacts = {
  authority: 'corp', pluginId: 'corp-ldap', tenant: null, subject: '0b1c', issuerKey: 'authority:corp', name: 'alice',
  groups: { kind: 'known', ids: [] }, roles: [], applicationId: null, verifiedAt: 1_000, credentialExpiresAt: null,
};

const outcomeOf = (verify: () => Promise<Verification>) =>
  new Promise<readonly [string, unknown]>((resolve) => {
    createRunner({ id: 'corp-ldap', authority: 'corp' })(
      { success: (principal) => resolve(['success', principal]), fail: (rejection) => resolve(['fail', rejection.reason]), error: (problem) => resolve(['error', problem]) },
      verify,
    );
  });
const verified = (facts: Partial<VerifiedFacts>) => outcomeOf(async () => ({ kind: 'verified', facts: { ...FACTS, ...facts } }));
const keyOfFacts = async (facts: Partial<VerifiedFacts>) => {
  const [, principal] = await verified(facts);
  if (!isVerifiedPrincipal(principal)) throw new Error('no principal');
  return principal.key;
};

describe('the plugin runner', () => {
  it('makes a principal that is known as one, and a copy is not', async () => {
    const [outcome, principal] = await verified({});
    expect(outcome).toBe('success');
    expect(isVerifiedPrincipal(principal)).toBe(true);
    expect(isVerifiedPrincipal({ ...(principal as object) })).toBe(false);
    expect(Object.isFrozen(principal)).toBe(true);
  });

  it('makes one principal of the facts of one verification', async () => {
    const remembered = async () => ({ kind: 'verified', facts: FACTS }) as const;
    expect((await outcomeOf(remembered))[1]).toBe((await outcomeOf(remembered))[1]);
  });

  it.each<readonly [string, Partial<VerifiedFacts>]>([
    ['an empty subject', { subject: '' }],
    ['a subject with a leading blank', { subject: ' admin' }],
    ['a subject with a trailing blank', { subject: 'admin ' }],
    ['a subject with a control character', { subject: 'ad\u0007min' }],
    ['a subject with a bidi override', { subject: 'ad\u202emin' }],
    ['a subject with a zero-width space', { subject: 'ad\u200bmin' }],
    ['a subject with a variation selector', { subject: 'admin\ufe0f' }],
    ['a subject with a Hangul filler', { subject: 'ad\u3164min' }],
    ['a subject of 10 KB', { subject: 'a'.repeat(10_240) }],
    ['a subject with a lone surrogate', { subject: 'a\ud800' }],
    ['a name with a line separator', { name: 'al\u2028ice' }],
    ['a name with a no-break space at its edge', { name: 'alice\u00a0' }],
    ['an empty name', { name: '' }],
    ['a tenant with a control character', { tenant: 'a\u0000' }],
    ['a subject that is an object', { subject: { a: 1 } as unknown as string }],
  ])('fails %s', async (_sentence, facts) => {
    expect(await verified(facts)).toEqual(['fail', 'bad-claims']);
  });

  it('keeps one key for one person by two plugins, names and tokens', async () => {
    expect(await keyOfFacts({ name: 'alice.new', issuerKey: 'https://mds', roles: ['x'], verifiedAt: 2 })).toBe(await keyOfFacts({}));
  });
  it.each<readonly [string, Partial<VerifiedFacts>, Partial<VerifiedFacts>]>([
    ['two subjects', { subject: 'a' }, { subject: 'b' }],
    ['one subject in two tenants', { tenant: 't1' }, { tenant: 't2' }],
    ['a missing and an empty-looking tenant', { tenant: null }, { tenant: '-;' }],
    ['fields that concatenate to one text', { tenant: 'a', subject: 'b:c' }, { tenant: 'a:b', subject: 'c' }],
    ['fields that concatenate without a mark between them', { tenant: 'ab', subject: 'c' }, { tenant: 'a', subject: 'bc' }],
    ['two Unicode forms of one subject', { subject: 'é' }, { subject: 'e\u0301' }],
  ])('gives %s two keys', async (_sentence, one, other) => {
    expect(await keyOfFacts(one)).not.toBe(await keyOfFacts(other));
  });

  it('passes a rejection on with its reason', async () => {
    expect(await outcomeOf(async () => ({ kind: 'rejected', reason: 'bad-credential' }))).toEqual(['fail', 'bad-credential']);
  });
  it('turns a spent budget into Throttled', async () => {
    const [outcome, problem] = await outcomeOf(async () => ({ kind: 'throttled', retryAfterSeconds: 30 }));
    expect(outcome).toBe('error');
    expect(problem).toBeInstanceOf(Throttled);
  });
  it('passes Unavailable on as itself', async () => {
    const away = new Unavailable('directory');
    expect(await outcomeOf(() => Promise.reject(away))).toEqual(['error', away]);
  });
  it.each([
    ['an error of a library', () => Promise.reject(new TypeError('password hunter2 was bad'))],
    ['a verifier that throws at once', () => { throw new TypeError('password hunter2 was bad'); }],
    ['facts of another plugin', async () => ({ kind: 'verified', facts: { ...FACTS, pluginId: 'other' } }) as const],
    ['facts of another authority', async () => ({ kind: 'verified', facts: { ...FACTS, authority: 'other' } }) as const],
  ])('ends %s in an error without its text', async (_sentence, verify) => {
    const [outcome, problem] = await outcomeOf(verify);
    expect(outcome).toBe('error');
    expect(problem).not.toBeInstanceOf(Unavailable);
    expect((problem as Error).message).not.toContain('hunter2');
  });
});
