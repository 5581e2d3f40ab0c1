import type { Plugin } from '../contract/plugin.js';
import { StartupError } from '../contract/startup.error.js';
import { bearerToken, type ParsedAuthorization } from '../credential/authorization.parser.js';
import { readCompactToken } from '../credential/compact-token.js';

/** Which plugin is asked. A claim is final: a rejected credential never goes on to the next plugin (I1, I2). */
export type Route<P> = { readonly kind: 'plugin'; readonly plugin: P } | { readonly kind: 'unclaimed' };

export interface ClaimTable<P = Plugin> {
  route(credential: ParsedAuthorization): Route<P>;
  /** Whoever is asked about the certificate of a socket; null where nobody is. */
  readonly certificates: P | null;
}

/** What the token service issues under: no way in may accept it (I1), or a minted token would come back as a caller. */
export interface ReservedNames {
  readonly issuers: readonly string[];
  readonly audiences: readonly string[];
}

type Claimant = Pick<Plugin, 'id' | 'claims'>;

const NOTHING_RESERVED: ReservedNames = { issuers: [], audiences: [] };

/**
 * Builds the claim table (I1) as a function from (scheme, exact `iss`) to one plugin.
 * @throws StartupError for two plugins with one id or one claim, and for an issuer or audience of the token service
 */
export const createClaimTable = <P extends Claimant>(plugins: readonly P[], reserved: ReservedNames = NOTHING_RESERVED): ClaimTable<P> => {
  const byIssuer = new Map<string, P>();
  let basic: P | null = null;
  let certificates: P | null = null;
  const ids = new Set<string>();
  for (const plugin of plugins) {
    if (ids.has(plugin.id)) throw new StartupError(`plugin '${plugin.id}' is configured twice`);
    ids.add(plugin.id);
    for (const claim of plugin.claims) {
      if (claim.scheme === 'basic') {
        if (basic !== null) throw new StartupError(`plugins '${basic.id}' and '${plugin.id}' both claim the scheme Basic: only one may (plugin mds leaves it with basic: false)`);
        basic = plugin;
        continue;
      }
      if (claim.scheme === 'certificate') {
        if (certificates !== null) throw new StartupError(`plugins '${certificates.id}' and '${plugin.id}' both claim client certificates`);
        certificates = plugin;
        continue;
      }
      const other = byIssuer.get(claim.issuer);
      if (other !== undefined) throw new StartupError(`plugins '${other.id}' and '${plugin.id}' both claim bearer tokens of issuer ${claim.issuer}`);
      refuseReserved(plugin.id, claim.issuer, [...(claim.audiences ?? []), ...(claim.foreignAudiences ?? [])], reserved);
      byIssuer.set(claim.issuer, plugin);
    }
  }
  return {
    certificates,
    route: (credential) => {
      const plugin = credential.kind === 'basic' ? basic : credential.kind === 'bearer' ? byIssuer.get(claimedIssuer(credential.secret.reveal())) : null;
      return plugin === null || plugin === undefined ? { kind: 'unclaimed' } : { kind: 'plugin', plugin };
    },
  };
};

const refuseReserved = (pluginId: string, issuer: string, audiences: readonly string[], reserved: ReservedNames): void => {
  if (reserved.issuers.includes(issuer)) throw new StartupError(`plugin '${pluginId}' would accept tokens of the token service's own issuer ${issuer}`);
  const audience = audiences.find((each) => reserved.audiences.includes(each));
  if (audience !== undefined) throw new StartupError(`plugin '${pluginId}' would accept the token service's own audience ${audience}`);
};

/** The `iss` that a token claims; only its verifier may believe it. The empty string is no issuer of any plugin. */
const claimedIssuer = (headerValue: string): string => {
  const issuer = readCompactToken(bearerToken(headerValue) ?? '')?.payload['iss'];
  return typeof issuer === 'string' ? issuer : '';
};
