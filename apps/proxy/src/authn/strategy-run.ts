import { AuthGuard } from '@nestjs/passport';
import type { ExecutionContext } from '@nestjs/common';
import passport from 'passport';
import { type ClientCertificate, type CredentialRequest, isVerifiedPrincipal, Secret, Throttled, Unavailable, type Plugin, type VerifiedPrincipal } from '@postern/auth-plugins';

/** The six ways a strategy can end, reduced to what the guard may act on (I6). */
export type StrategyOutcome =
  | { readonly kind: 'verified'; readonly principal: VerifiedPrincipal }
  | { readonly kind: 'rejected'; readonly reason: string }
  | { readonly kind: 'unavailable'; readonly upstream: string; readonly retryAfterSeconds: number }
  | { readonly kind: 'throttled'; readonly retryAfterSeconds: number }
  /** pass, redirect, a second outcome, success with anything else, any other error: a bug, and an alarm. */
  | { readonly kind: 'broken'; readonly what: string };

/** Runs one plugin's strategy on one credential: a header, or the socket's certificate. `source`: where it came from, for failure budgets (I28). */
export type StrategyRun = (plugin: Plugin, credential: Secret | ClientCertificate, source: string) => Promise<StrategyOutcome>;

const NONE = Symbol('no outcome');

const outcomeOf = (error: unknown, user: unknown, info: unknown): StrategyOutcome => {
  if (error instanceof Unavailable) return { kind: 'unavailable', upstream: error.upstream, retryAfterSeconds: error.retryAfterSeconds };
  if (error instanceof Throttled) return { kind: 'throttled', retryAfterSeconds: error.retryAfterSeconds };
  if (error !== null && error !== undefined) return { kind: 'broken', what: `error ${error instanceof Error ? error.name : typeof error}` };
  if (isVerifiedPrincipal(user)) return { kind: 'verified', principal: user };
  if (user !== false && user !== undefined) return { kind: 'broken', what: 'success without a verified principal' };
  const reason = (info as { reason?: unknown } | undefined)?.reason;
  return { kind: 'rejected', reason: typeof reason === 'string' ? reason : 'unspecified' };
};

/** A response that nothing may be written to: a strategy that redirects or answers by itself is broken. */
const inertResponse = (onUse: (what: string) => void): object =>
  new Proxy(
    {},
    {
      get: (_, name) => {
        // A promise machinery asks every object for `then`; that is no use of the response.
        if (name !== 'then') onUse(`strategy used response.${String(name)}`);
        return () => undefined;
      },
      set: (_, name) => {
        onUse(`strategy set response.${String(name)}`);
        return true;
      },
    },
  );

const STRATEGY = Symbol('strategy');
const ENDS = ['success', 'fail', 'error', 'pass', 'redirect'] as const;
type Ends = Record<(typeof ENDS)[number], (...given: unknown[]) => void>;

/** Hands its run to the strategy that came with the request, which ends where this one would. */
class GivenStrategy extends passport.Strategy {
  override authenticate(request: unknown): void {
    const { [STRATEGY]: strategy, ...shown } = request as CredentialRequest & { readonly [STRATEGY]: passport.Strategy };
    const attempt = Object.create(strategy) as Ends & passport.Strategy;
    for (const end of ENDS) attempt[end] = (...given) => (this as unknown as Ends)[end](...given);
    attempt.authenticate(shown as never);
  }
}

/** One use of a strategy. It stands in for the ExecutionContext, which passport's guard only hands back to its own methods. */
interface Run {
  readonly request: object;
  readonly response: object;
  readonly outcomes: StrategyOutcome[];
}

const runOf = (context: ExecutionContext): Run => context as unknown as Run;

/**
 * Lets @nestjs/passport run a plugin's strategy. The strategy sees one header and the caller's address, and a response that
 * leads nowhere; the outcome is taken from passport's callback and from nothing else. Stock behaviour lets a request through
 * without a user when a strategy passes: here that is `broken`.
 * Registered once (I7): which strategy it is comes with each run, so that a newer snapshot brings its own.
 */
export const createStrategyRun = (strategyName: string, deadlineMs: number): StrategyRun => {
  class PluginGuard extends AuthGuard(strategyName) {
    override getRequest(context: ExecutionContext) {
      return runOf(context).request;
    }
    // Part of the class at run time; its published type leaves it out.
    getResponse(context: ExecutionContext) {
      return runOf(context).response;
    }
    override handleRequest(error: unknown, user: unknown, info: unknown, context: ExecutionContext): never {
      runOf(context).outcomes.push(outcomeOf(error, user, info));
      return null as never;
    }
  }
  passport.use(strategyName, new GivenStrategy());
  const guard = new PluginGuard({ session: false });

  return async (plugin, credential, source) => {
    const outcomes: StrategyOutcome[] = [];
    const cut = Promise.withResolvers<typeof NONE>();
    const response = inertResponse((what) => {
      outcomes.push({ kind: 'broken', what });
      cut.resolve(NONE);
    });
    const run: Run = { request: { ...requestOf(credential, source), [STRATEGY]: plugin.strategy }, response, outcomes };
    const timer = setTimeout(() => cut.resolve(NONE), deadlineMs);
    try {
      const ended = await Promise.race([guard.canActivate(run as unknown as ExecutionContext), cut.promise]);
      // Passport went on by itself: the strategy passed. Stock @nestjs/passport would let the handler run.
      if (ended !== NONE && outcomes.length === 0) outcomes.push({ kind: 'broken', what: 'pass' });
    } catch (error) {
      outcomes.push({ kind: 'broken', what: `threw ${error instanceof Error ? error.name : typeof error}` });
    } finally {
      clearTimeout(timer);
    }
    return exactlyOne(plugin, outcomes);
  };
};

const requestOf = (credential: Secret | ClientCertificate, source: string): CredentialRequest =>
  credential instanceof Secret ? { headers: { authorization: credential.reveal() }, source } : { headers: { authorization: '' }, certificate: credential, source };

const exactlyOne = (plugin: Plugin, outcomes: readonly StrategyOutcome[]): StrategyOutcome => {
  const [first] = outcomes;
  if (outcomes.length > 1) return { kind: 'broken', what: 'more than one outcome' };
  return first ?? { kind: 'unavailable', upstream: plugin.id, retryAfterSeconds: 5 };
};
