import { makeVerifiedPrincipal, type VerifiedFacts, type VerifiedPrincipal } from '../contract/principal.maker.js';
import { Throttled, Unavailable, type RejectReason, type Verification } from '../contract/outcome.js';
import { isIdentityText } from './identity-text.rule.js';
import { keyOf } from './principal.key.js';

/** What passport gives a strategy to end with; exactly one of them is called, once (I6). */
export interface Outcomes {
  success(principal: VerifiedPrincipal): void;
  fail(rejection: { readonly reason: RejectReason }): void;
  error(problem: Error): void;
}

/** Runs one verification to exactly one outcome. Handed to a strategy by its plugin. */
export type Run = (outcomes: Outcomes, verify: () => Promise<Verification>) => void;

/**
 * The runner of one plugin: the only maker of its principals. It checks that the facts are the plugin's own and that
 * subject and name are plain text, then keys the principal by (authority, tenant, subject) (I8).
 */
export const createRunner =
  (plugin: { readonly id: string; readonly authority: string }): Run =>
  (outcomes, verify) => {
    // Through a promise, so that a verifier that throws at once still ends in `error`.
    void Promise.resolve()
      .then(verify)
      .then(
        (verification) => settle(plugin, outcomes, verification),
        (problem: unknown) => outcomes.error(problem instanceof Unavailable || problem instanceof Throttled ? problem : asBug(problem)),
      )
      // The guard's own callback threw: a second outcome, which it answers with 500, beats a dead process.
      .catch((problem: unknown) => outcomes.error(asBug(problem)));
  };

const settle = (plugin: { readonly id: string; readonly authority: string }, outcomes: Outcomes, verification: Verification): void => {
  switch (verification.kind) {
    case 'verified': {
      const { facts } = verification;
      if (facts.authority !== plugin.authority || facts.pluginId !== plugin.id) return outcomes.error(new Error(`facts of another plugin reached '${plugin.id}'`));
      const principal = principalOf(facts);
      return principal === null ? outcomes.fail({ reason: 'bad-claims' }) : outcomes.success(principal);
    }
    case 'rejected':
      return outcomes.fail({ reason: verification.reason });
    case 'throttled':
      return outcomes.error(new Throttled(verification.retryAfterSeconds));
  }
};

/** A plugin's cache gives the same facts again: they are the same principal, checked and keyed once. */
const principals = new WeakMap<VerifiedFacts, VerifiedPrincipal>();

const principalOf = (facts: VerifiedFacts): VerifiedPrincipal | null => {
  const known = principals.get(facts);
  if (known !== undefined) return known;
  if (!isWellFormed(facts)) return null;
  const principal = makeVerifiedPrincipal(facts, principalKey(facts));
  principals.set(facts, principal);
  return principal;
};

const isWellFormed = (facts: VerifiedFacts): boolean =>
  isIdentityText(facts.subject) && isIdentityText(facts.name) && (facts.tenant === null || isIdentityText(facts.tenant));

/** I8: an identity is (authority, tenant, immutable subject); names, plugins and tokens may change around it. */
const principalKey = (facts: VerifiedFacts): string => keyOf(['principal', facts.authority, facts.tenant, facts.subject]);

/** A third party's error may hold a credential: its text stays out, its class name is kept (I29). */
const asBug = (problem: unknown): Error => new Error(`verification failed unexpectedly: ${problem instanceof Error ? problem.name : typeof problem}`, { cause: problem });
