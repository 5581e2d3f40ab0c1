import { randomUUID } from 'node:crypto';
import passport from 'passport';
import { createClaimTable, type CertificateTrust, type Plugin, type ReservedNames } from '@postern/auth-plugins';
import type { ShownCertificate } from '../http/client-certificate.sockets.js';
import { checkShown, type CheckedCertificate } from './shown-certificate.js';
import type { PresentedCredential } from './presented-credential.js';
import { createStrategyRun, type StrategyOutcome, type StrategyRun } from './strategy-run.js';

export type AuthenticationOutcome = (StrategyOutcome & { readonly plugin: Plugin }) | { readonly kind: 'none' | 'unclaimed' | 'malformed' };

/** Who is calling: one claim, one plugin, one outcome (I1, I2, I6). */
export interface Authentication {
  /**
   * @param shown the socket's certificate, on a listener that asks for one
   * @param source the caller's address, or its /64
   */
  authenticate(presented: PresentedCredential, shown: ShownCertificate | null, source: string): Promise<AuthenticationOutcome>;
  /** WWW-Authenticate of every enabled scheme. */
  readonly challenges: readonly string[];
  readonly plugins: readonly Plugin[];
  /** What listeners that ask for certificates trust; null where no plugin takes any. */
  readonly certificates: CertificateTrust | null;
}

/** One run for each plugin id. */
export type Runs = ReadonlyMap<string, StrategyRun>;

/**
 * Passport's registry is one for the whole process, so a strategy's name carries an id of this application; after the start
 * nobody registers one (I7).
 */
export const createRuns = (pluginIds: readonly string[], deadlineMs: number): Runs => {
  const process = randomUUID();
  return new Map(
    pluginIds.map((id) => {
      const name = `${process}:${id}`;
      if ((passport as unknown as { _strategy(name: string): unknown })._strategy(name) !== undefined) throw new Error(`strategy ${id} is registered twice`);
      return [id, createStrategyRun(name, deadlineMs)];
    }),
  );
};

/** Builds the claim table of one snapshot. @throws StartupError when two plugins claim one credential */
export const createAuthentication = (plugins: readonly Plugin[], reserved: ReservedNames, runs: Runs): Authentication => {
  const claims = createClaimTable(plugins, reserved);
  const runOf = async (plugin: Plugin, credential: Parameters<StrategyRun>[1], source: string): Promise<AuthenticationOutcome> => {
    const run = runs.get(plugin.id);
    if (run === undefined) throw new Error('a claimed plugin without a run');
    return { ...(await run(plugin, credential, source)), plugin };
  };
  /** I2: the header decides, and the certificate beside it must be valid too; a rejected header never becomes the certificate. */
  const byHeader = async (presented: Extract<PresentedCredential, { secret: unknown }>, checked: CheckedCertificate, source: string): Promise<AuthenticationOutcome> => {
    const route = claims.route(presented);
    if (route.kind === 'unclaimed') return { kind: 'unclaimed' };
    const outcome = await runOf(route.plugin, presented.secret, source);
    return outcome.kind === 'verified' && checked.kind === 'unavailable' ? checked : outcome;
  };
  return {
    plugins,
    challenges: [...new Set(plugins.flatMap((plugin) => plugin.challenges))],
    certificates: claims.certificates?.certificates ?? null,
    authenticate: async (presented, shown, source) => {
      if (presented.kind === 'malformed' || presented.kind === 'several' || presented.kind === 'bare-token') return { kind: 'malformed' };
      const checked = checkShown(shown, claims.certificates);
      if (checked.kind === 'rejected') return checked;
      switch (presented.kind) {
        case 'none':
          return shown?.use === 'identity' && shown.certificate !== null && claims.certificates !== null ? runOf(claims.certificates, shown.certificate, source) : { kind: 'none' };
        case 'other-scheme':
          return { kind: 'unclaimed' };
        case 'basic':
        case 'bearer':
          return byHeader(presented, checked, source);
      }
    },
  };
};
