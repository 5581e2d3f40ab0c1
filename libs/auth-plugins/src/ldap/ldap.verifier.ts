import type { Verification } from '../contract/outcome.js';
import type { Clock } from '../contract/plugin.js';
import type { VerifyLogin } from '../login/basic.strategy.js';
import type { CredentialCache } from '../login/credential.cache.js';
import type { LoginQueue } from '../login/login.queue.js';
import { untilNextStep } from '../login/reject.step.js';
import type { DirectoryLogin } from './directory.login.js';

export interface LdapVerifierOptions {
  readonly pluginId: string;
  readonly authority: string;
  readonly cache: CredentialCache;
  readonly queue: LoginQueue;
  /** One name for all forms in which an account may be typed. */
  readonly countedName: (loginName: string) => string;
  readonly login: DirectoryLogin;
  /** One deadline over the wait for the budget and the directory. */
  readonly loginDeadlineMs: number;
  readonly clock: Clock;
  /** Rejections are answered in steps of this many ms; default 50. */
  readonly rejectStepMs?: number;
}

/** One login's way: remembered? within budget? then the directory. A remembered login never touches the budget (I28). */
export const createLdapVerifier = ({ pluginId, authority, cache, queue, countedName, login, loginDeadlineMs, clock, rejectStepMs = 50 }: LdapVerifierOptions): VerifyLogin => {
  const ask = async (loginName: string, password: string, source: string): Promise<Verification> => {
    const signal = AbortSignal.timeout(loginDeadlineMs);
    const counted = countedName(loginName);
    const answer = await queue.admit(counted, source);
    if (answer.kind === 'spent') return { kind: 'throttled', retryAfterSeconds: answer.retryAfterSeconds };
    const startedAt = performance.now();
    const said = await login({ loginName, password, source, signal }).catch((error: unknown) => {
      queue.giveBack(counted, source);
      throw error;
    });
    switch (said.kind) {
      case 'throttled':
        // No bind was made for this name.
        queue.giveBack(counted, source);
        return said;
      case 'rejected':
        // Unknown names count like known ones: equal answers for both, and no oracle for names (attack 109).
        await untilNextStep(startedAt, rejectStepMs);
        return said;
      case 'verified': {
        queue.succeeded(counted, source);
        const { id, name, groups } = said;
        return {
          kind: 'verified',
          facts: {
            authority, pluginId, tenant: null, subject: id, issuerKey: `authority:${authority}`, name, groups, roles: [], applicationId: null, verifiedAt: clock.now(), credentialExpiresAt: null,
          },
        };
      }
    }
  };
  return (loginName, password, source) => cache.through(loginName, password, () => ask(loginName, password, source));
};
