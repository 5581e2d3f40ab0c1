import { randomUUID } from 'node:crypto';
import passport from 'passport';
import { createClaimTable, type Plugin, type ReservedNames } from '@postern/auth-plugins';
import type { PresentedCredential } from './presented-credential.js';
import { createStrategyRun, type StrategyOutcome, type StrategyRun } from './strategy-run.js';

export type AuthenticationOutcome = (StrategyOutcome & { readonly plugin: Plugin }) | { readonly kind: 'none' | 'unclaimed' | 'malformed' };

/** Who is calling: one claim, one plugin, one outcome (I1, I2, I6). */
export interface Authentication {
  /** @param source the caller's address, or its /64 */
  authenticate(presented: PresentedCredential, source: string): Promise<AuthenticationOutcome>;
  /** WWW-Authenticate of every enabled scheme. */
  readonly challenges: readonly string[];
  readonly plugins: readonly Plugin[];
}

/**
 * Builds the claim table and one run for each plugin. Passport's registry is one for the whole process, so a strategy's
 * name carries an id of this application; after this nobody registers one (I7).
 * @throws StartupError when two plugins claim one credential
 */
export const createAuthentication = (plugins: readonly Plugin[], reserved: ReservedNames, deadlineMs: number): Authentication => {
  const claims = createClaimTable(plugins, reserved);
  const process = randomUUID();
  const runs = new Map<Plugin, StrategyRun>();
  for (const plugin of plugins) {
    const name = `${process}:${plugin.id}`;
    if ((passport as unknown as { _strategy(name: string): unknown })._strategy(name) !== undefined) throw new Error(`strategy ${plugin.id} is registered twice`);
    runs.set(plugin, createStrategyRun(plugin, name, deadlineMs));
  }
  return {
    plugins,
    challenges: [...new Set(plugins.flatMap((plugin) => plugin.challenges))],
    authenticate: async (presented, source) => {
      switch (presented.kind) {
        case 'none':
          return { kind: 'none' };
        case 'malformed':
        case 'several':
        case 'bare-token':
          return { kind: 'malformed' };
        case 'other-scheme':
          return { kind: 'unclaimed' };
        case 'basic':
        case 'bearer': {
          const route = claims.route(presented);
          if (route.kind === 'unclaimed') return { kind: 'unclaimed' };
          const run = runs.get(route.plugin);
          if (run === undefined) throw new Error('a claimed plugin without a run');
          return { ...(await run(presented.secret, source)), plugin: route.plugin };
        }
      }
    },
  };
};
