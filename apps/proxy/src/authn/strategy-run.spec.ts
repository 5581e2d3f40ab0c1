import passport from 'passport';
import { describe, expect, it } from 'vitest';
import { createRunner } from '../../../../libs/auth-plugins/src/runner/plugin.runner.js';
import { Secret, Throttled, Unavailable, type Plugin, type Verification, type VerifiedPrincipal } from '@postern/auth-plugins';
import { createStrategyRun } from './strategy-run.js';

let names = 0;
/** What passport puts on a strategy before it runs it. */
interface Ends {
  success(user: unknown): void;
  fail(info: unknown): void;
  error(problem: unknown): void;
  pass(): void;
  redirect(url: string): void;
}
type Act = (strategy: Ends, request: { headers: { authorization?: string } }) => void;

const run = (act: Act, deadlineMs = 200) => {
  class Acting extends passport.Strategy {
    override authenticate(request: never): void {
      act(this as unknown as Ends, request);
    }
  }
  const plugin = { id: 'p', strategy: new Acting() } as unknown as Plugin;
  return createStrategyRun(`test:${names++}`, deadlineMs)(plugin, new Secret('Basic YTpi'), '192.0.2.1');
};

const principal = (): Promise<VerifiedPrincipal> => {
  const facts = { authority: 'a', pluginId: 'p', tenant: null, subject: 's', issuerKey: 'authority:a', name: 'n', groups: { kind: 'known', ids: [] }, roles: [], applicationId: null, verifiedAt: 1, credentialExpiresAt: null } as const;
  const { promise, resolve, reject } = Promise.withResolvers<VerifiedPrincipal>();
  createRunner({ id: 'p', authority: 'a' })({ success: resolve, fail: reject, error: reject }, () => Promise.resolve<Verification>({ kind: 'verified', facts }));
  return promise;
};

describe('a strategy ends in exactly one outcome (I6)', () => {
  it('success with a verified principal is that principal', async () => {
    const made = await principal();
    expect(await run((strategy) => strategy.success(made))).toEqual({ kind: 'verified', principal: made });
  });

  it('fail is a rejection with its reason', async () => {
    expect(await run((strategy) => strategy.fail({ reason: 'expired' }))).toEqual({ kind: 'rejected', reason: 'expired' });
  });

  it('error(Unavailable) could not decide', async () => {
    expect(await run((strategy) => strategy.error(new Unavailable('directory', 7)))).toEqual({ kind: 'unavailable', upstream: 'directory', retryAfterSeconds: 7 });
  });

  it('error(Throttled) is a spent budget', async () => {
    expect(await run((strategy) => strategy.error(new Throttled(9)))).toEqual({ kind: 'throttled', retryAfterSeconds: 9 });
  });

  it('no outcome within the deadline could not decide', async () => {
    expect(await run(() => undefined, 20)).toMatchObject({ kind: 'unavailable' });
  });

  it.each<[string, Act]>([
    ['pass', (strategy) => strategy.pass()],
    ['redirect', (strategy) => strategy.redirect('https://login.example')],
    ['success with an object that looks like a principal', (strategy) => strategy.success({ authority: 'a', subject: 's', key: 'k' })],
    ['success with nothing', (strategy) => strategy.success(undefined)],
    ['success with true', (strategy) => strategy.success(true)],
    ['any other error', (strategy) => strategy.error(new Error('x'))],
    ['a throw', () => { throw new Error('x'); }],
    ['fail and then success', (strategy) => { strategy.fail({ reason: 'expired' }); strategy.success({}); }],
  ])('%s never lets the request through', async (_, act) => {
    const outcome = await run(act);
    expect(['broken', 'rejected', 'unavailable']).toContain(outcome.kind);
    expect(outcome.kind).not.toBe('verified');
  });

  it.each<[string, Act]>([
    ['pass', (strategy) => strategy.pass()],
    ['redirect', (strategy) => strategy.redirect('https://login.example')],
    ['a copy of a principal', (strategy) => strategy.success({ authority: 'a', subject: 's', key: 'k' })],
    ['any other error', (strategy) => strategy.error(new Error('x'))],
  ])('%s is broken: 500 and an alarm', async (_, act) => {
    expect((await run(act)).kind).toBe('broken');
  });

  it('a second outcome is broken, even after a success', async () => {
    const made = await principal();
    expect((await run((strategy) => { strategy.success(made); strategy.success(made); })).kind).toBe('broken');
  });

  it('shows the strategy one header, the source address and nothing else of the request', async () => {
    let seen: unknown;
    await run((strategy, request) => { seen = { ...request, headers: { ...request.headers } }; strategy.fail({}); });
    expect(seen).toMatchObject({ headers: { authorization: 'Basic YTpi' }, source: '192.0.2.1' });
    expect(Object.keys(seen as object).filter((key) => !['headers', 'source', 'authInfo', 'login', 'logIn', 'logout', 'logOut', 'isAuthenticated', 'isUnauthenticated', '_sessionManager'].includes(key))).toEqual([]);
  });

  it('two runs at once do not see each other', async () => {
    const [one, two] = await Promise.all([principal(), principal()]);
    const outcomes = await Promise.all([run((s) => setTimeout(() => s.success(one), 10)), run((s) => s.success(two))]);
    expect(outcomes.map((o) => (o.kind === 'verified' ? o.principal : null))).toEqual([one, two]);
  });
});
