import type { Verification } from '../contract/outcome.js';
import type { Clock } from '../contract/plugin.js';
import type { VerifiedFacts } from '../contract/principal.js';
import type { DirectoryLookup } from '../ldap/directory.lookup.js';
import type { EntryIdentity } from '../ldap/entry.identity.js';
import type { VerifyLogin } from '../login/basic.strategy.js';
import type { CredentialCache } from '../login/credential.cache.js';
import type { LoginQueue } from '../login/login.queue.js';
import { untilNextStep } from '../login/reject.step.js';
import type { MdsLogin } from './mds.login.js';
import type { VerifyMdsToken } from './mds-token.verifier.js';

export interface MdsVerifierOptions {
  readonly pluginId: string;
  readonly authority: string;
  readonly issuer: string;
  readonly deadlineMs: number;
  readonly clock: Clock;
  /** The directory of the same authority; null where MDS stands alone and its `sub` is the subject. */
  readonly lookup: DirectoryLookup | null;
}

/** MDS asks a directory, so that known and unknown names differ there in time as they do at the directory itself. */
const REJECT_STEP_MS = 50;

/** MDS knows groups and tells nobody: without a directory they are unknown, never "none" (I24). */
const alone = (subject: string): EntryIdentity => ({ kind: 'identity', id: subject, name: subject, groups: { kind: 'unknown' } });

type Found = Pick<VerifiedFacts, 'issuerKey' | 'credentialExpiresAt' | 'mdsToken'>;

const createFacts =
  ({ pluginId, authority, lookup, clock }: MdsVerifierOptions) =>
  async (subject: string, verifiedAt: number, signal: AbortSignal, found: Found): Promise<Verification> => {
    const who = lookup === null ? alone(subject) : await lookup(subject, signal);
    if (who.kind === 'rejected') return who;
    // The search took its time: a token that ended meanwhile proves nothing any more.
    if ((found.credentialExpiresAt ?? 0) <= clock.now()) return { kind: 'rejected', reason: 'expired' };
    return { kind: 'verified', facts: { authority, pluginId, tenant: null, subject: who.id, name: who.name, groups: who.groups, roles: [], applicationId: null, verifiedAt, ...found } };
  };

/** Tokens of MDS, presented by their owners. @throws Unavailable when the directory did not say */
export const createMdsBearerVerifier = (options: MdsVerifierOptions, verifyToken: VerifyMdsToken): ((token: string) => Promise<Verification>) => {
  const factsOf = createFacts(options);
  return async (token) => {
    const verifiedAt = options.clock.now();
    const reading = await verifyToken(token);
    if (reading.kind === 'rejected') return reading;
    return factsOf(reading.subject, verifiedAt, AbortSignal.timeout(options.deadlineMs), { issuerKey: options.issuer, credentialExpiresAt: reading.expiresAt });
  };
};

export interface MdsLoginVerifierOptions extends MdsVerifierOptions {
  readonly login: MdsLogin;
  readonly cache: CredentialCache;
  readonly queue: LoginQueue;
}

/** Passwords, by a login at MDS: remembered? within budget? then MDS. The same order as with a directory (I28). */
export const createMdsLoginVerifier = (options: MdsLoginVerifierOptions): VerifyLogin => {
  const { authority, deadlineMs, clock, login, cache, queue } = options;
  const factsOf = createFacts(options);
  const ask = async (loginName: string, password: string, source: string): Promise<Verification> => {
    // One deadline over the wait for the budget and MDS.
    const signal = AbortSignal.timeout(deadlineMs);
    const allowed = await queue.admit(loginName, source);
    if (allowed.kind === 'spent') return { kind: 'throttled', retryAfterSeconds: allowed.retryAfterSeconds };
    const startedAt = performance.now();
    try {
      const verifiedAt = clock.now();
      const said = await login(loginName, password, signal);
      if (said.kind === 'rejected') {
        await untilNextStep(startedAt, REJECT_STEP_MS);
        return { kind: 'rejected', reason: 'bad-credential' };
      }
      const verification = await factsOf(said.subject, verifiedAt, signal, { issuerKey: `authority:${authority}`, credentialExpiresAt: said.expiresAt, mdsToken: said.token });
      queue.succeeded(loginName, source);
      return verification;
    } catch (error) {
      queue.giveBack(loginName, source);
      throw error;
    }
  };
  return (loginName, password, source) => cache.through(loginName, password, () => ask(loginName, password, source));
};
