import { describe, expect, it } from 'vitest';
import passport from 'passport';
import type { Verification } from '../contract/outcome.js';
import { BearerStrategy } from '../bearer/bearer.strategy.js';
import type { Outcomes } from '../runner/plugin.runner.js';
import { createRunner } from '../runner/plugin.runner.js';
import { StrictBasicStrategy } from './basic.strategy.js';

const facts = { authority: 'corp', pluginId: 'p', tenant: null, subject: 's', issuerKey: 'authority:corp', name: 'alice', groups: { kind: 'known', ids: [] }, roles: [], applicationId: null, verifiedAt: 1, credentialExpiresAt: null } as const;
const run = createRunner({ id: 'p', authority: 'corp' });

/** As passport does it: outcomes go on an object that inherits from the strategy. */
const authenticate = (strategy: object, authorization: string, source?: string) =>
  new Promise<readonly [string, unknown]>((resolve) => {
    const attempt = Object.assign(Object.create(strategy) as Outcomes & { authenticate(request: unknown): void }, {
      success: (principal: unknown) => resolve(['success', (principal as { name: string }).name]),
      fail: (rejection: { reason: string }) => resolve(['fail', rejection.reason]),
      error: (problem: Error) => resolve(['error', problem.message]),
    });
    attempt.authenticate({ headers: { authorization }, source });
  });

describe('the strategies', () => {
  const seen: string[][] = [];
  const basic = new StrictBasicStrategy(run, async (...login): Promise<Verification> => {
    seen.push(login);
    return { kind: 'verified', facts };
  });
  it('are strategies of passport', () => {
    expect(new BearerStrategy(run, async () => ({ kind: 'rejected', reason: 'expired' }))).toBeInstanceOf(passport.Strategy);
    expect(basic).toBeInstanceOf(passport.Strategy);
  });
  it('of Basic keeps a password with colons whole and hands the source over', async () => {
    expect(await authenticate(basic, `Basic ${Buffer.from('dave:p:a:ss wörd').toString('base64')}`, '10.0.0.1')).toEqual(['success', 'alice']);
    expect(seen.at(-1)).toEqual(['dave', 'p:a:ss wörd', '10.0.0.1']);
  });
  it.each([
    ['an empty password', `Basic ${Buffer.from('alice:').toString('base64')}`, 'refused-form'],
    ['a scheme that merely contains Basic', `XBasicY ${Buffer.from('alice:x').toString('base64')}`, 'malformed'],
    ['a bearer token', 'Bearer a.b.c', 'malformed'],
  ])('of Basic fails %s without asking anyone', async (_sentence, header, reason) => {
    const before = seen.length;
    expect(await authenticate(basic, header)).toEqual(['fail', reason]);
    expect(seen).toHaveLength(before);
  });
  it('of bearer tokens hands the token over, and fails any other scheme', async () => {
    const tokens: string[] = [];
    const bearer = new BearerStrategy(run, async (token) => {
      tokens.push(token);
      return { kind: 'rejected', reason: 'expired' };
    });
    expect(await authenticate(bearer, 'Bearer a.b.c')).toEqual(['fail', 'expired']);
    expect(await authenticate(bearer, 'Basic YTpi')).toEqual(['fail', 'malformed']);
    expect(tokens).toEqual(['a.b.c']);
  });
});
