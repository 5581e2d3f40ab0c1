import type { Verification } from '../contract/outcome.js';
import type { Clock } from '../contract/plugin.js';
import type { VerifyLogin } from './basic.strategy.js';
import type { CredentialCache } from './credential.cache.js';
import type { DirectoryLogin } from './directory.login.js';
import type { FailureBudget } from './failure.budget.js';
import { untilNextStep } from './reject.step.js';

export interface LdapVerifierOptions {
  readonly pluginId: string;
  readonly authority: string;
  readonly cache: CredentialCache;
  readonly budget: FailureBudget;
  readonly login: DirectoryLogin;
  readonly clock: Clock;
  /** Rejections are answered in steps of this many ms; default 50. */
  readonly rejectStepMs?: number;
}

/** One login's way: remembered? within budget? then the directory. A remembered login never touches the budget (I28). */
export const createLdapVerifier = ({ pluginId, authority, cache, budget, login, clock, rejectStepMs = 50 }: LdapVerifierOptions): VerifyLogin => {
  const ask = async (loginName: string, password: string, source: string): Promise<Verification> => {
    const answer = budget.take(loginName, source);
    if (answer.kind === 'spent') return { kind: 'throttled', retryAfterSeconds: answer.retryAfterSeconds };
    const startedAt = performance.now();
    const said = await login(loginName, password).catch((error: unknown) => {
      budget.giveBack(loginName, source);
      throw error;
    });
    // Unknown names count like known ones: equal answers for both, and no oracle for names (attack 109).
    if (said.kind === 'rejected') {
      await untilNextStep(startedAt, rejectStepMs);
      return said;
    }
    budget.succeeded(loginName, source);
    const { id, name, groups } = said;
    return {
      kind: 'verified',
      facts: {
        authority, pluginId, tenant: null, subject: id, issuerKey: `authority:${authority}`, name, groups, roles: [], applicationId: null, verifiedAt: clock.now(), credentialExpiresAt: null,
      },
    };
  };
  return (loginName, password, source) => cache.through(loginName, password, () => ask(loginName, password, source));
};
