import { createAuthorities, createCredentialMatrix, createTokenService, authoritiesSchema, clusterTokenServiceSchema, credentialRowsSchema, tokenServiceSchema, trustsSchema, type Authorities, type CredentialMatrix, type MintAudit, type Plugin, type TokenService } from '@postern/auth-plugins';
import { z } from 'zod';
import { parseBlock, type LoadedSettings } from '../config/load-settings.js';

/** What the authentication library gives the application, beside the plugins. */
export interface Identity {
  readonly authorities: Authorities;
  readonly matrix: CredentialMatrix;
  readonly tokens: TokenService;
}

const jwksListenerSchema = z.strictObject({ host: z.string().default('127.0.0.1'), port: z.int().min(0).max(65_535), tls: z.strictObject({ certFile: z.string(), keyFile: z.string() }) });
export type JwksListener = z.output<typeof jwksListenerSchema>;

const clock = { now: () => Date.now() };

/**
 * The token service stands first: its keys are published before any broker or plugin is asked for anything (I18). It is one for all
 * snapshots, because sessions renew their tokens by the newest keys and names, whichever snapshot let them in.
 */
export const createTokens = ({ settings, pathOf }: LoadedSettings, names: Pick<Authorities, 'kafkaName'>, audit: MintAudit): TokenService => {
  const { issuer, lifeSeconds } = parseBlock('tokenService', tokenServiceSchema, settings.tokenService);
  return createTokenService({
    issuer,
    lifeSeconds,
    maxProofAgeSeconds: settings.identity.maxProofAgeSeconds,
    authorities: names,
    clock,
    audit,
    baseDir: pathOf('.'),
    clusters: settings.clusters.flatMap((cluster, i) => (cluster.tokenService === undefined ? [] : [{ id: cluster.id, ...parseBlock(`clusters.${i}.tokenService`, clusterTokenServiceSchema, cluster.tokenService) }])),
  });
};

/** Authorities and credential matrix of one snapshot. @throws SettingsError, StartupError */
export const createIdentity = ({ settings }: Pick<LoadedSettings, 'settings'>, plugins: readonly Plugin[], tokens: TokenService, audit: MintAudit): Identity => {
  const authorities = createAuthorities({ authorities: parseBlock('authorities', authoritiesSchema, settings.authorities), protectedNames: settings.identity.protectedNames });
  const { maxProofAgeSeconds } = settings.identity;
  const matrix = createCredentialMatrix({
    authorities,
    tokens,
    plugins,
    audit,
    maxProofAgeSeconds,
    clock,
    clusters: settings.clusters.map((cluster, i) => ({
      id: cluster.id,
      listeners: cluster.listeners.map(({ name, trusts }, n) => ({ name, trusts: parseBlock(`clusters.${i}.listeners.${n}.trusts`, trustsSchema, trusts) })),
      credentials: parseBlock(`clusters.${i}.credentials`, credentialRowsSchema, cluster.credentials),
    })),
  });
  return { authorities, matrix, tokens };
};

/** The key sets' own listener, where one is set. */
export const jwksListenerOf = ({ settings }: LoadedSettings): JwksListener | null => {
  const { jwksListener } = parseBlock('tokenService', tokenServiceSchema, settings.tokenService);
  return jwksListener === undefined ? null : parseBlock('tokenService.jwksListener', jwksListenerSchema, jwksListener);
};
