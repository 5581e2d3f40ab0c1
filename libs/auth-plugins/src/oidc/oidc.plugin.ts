import { resolve } from 'node:path';
import type { Plugin, PluginDependencies } from '../contract/plugin.js';
import { BearerStrategy } from '../bearer/bearer.strategy.js';
import { createVerifiedTokenCache } from '../bearer/verified-token.cache.js';
import { readCaFile } from '../files/ca.file.js';
import { createJwksFetch } from '../keys/jwks.fetch.js';
import { createKeyRefresh } from '../keys/key.refresh.js';
import { createKeyStore } from '../keys/key.store.js';
import { createRunner } from '../runner/plugin.runner.js';
import { createDiscoveredFetch } from './discovered.fetch.js';
import { oidcSchema, type OidcSettings } from './oidc.settings.js';
import { createOidcVerifier } from './oidc.verifier.js';

/** @throws StartupError when the CA file cannot be read */
export const createOidcPlugin = (settings: OidcSettings, { clock, baseDir, report }: PluginDependencies): Plugin => {
  const { id, authority, issuer, audiences, algorithms, jwksUrl } = settings;
  const ca = settings.caFile === undefined ? undefined : readCaFile(resolve(baseDir, settings.caFile), `plugins.${id}.caFile`);
  const refused = (event: string) => (code: string) => report?.({ pluginId: id, event, code });
  const fetch = jwksUrl === undefined ? createDiscoveredFetch({ issuer, hosts: settings.discovery?.hosts ?? [], ca, onRefused: refused('discovery-refused') }) : createJwksFetch({ url: jwksUrl, ca });
  const keys = createKeyStore({ fetch, clock, algorithms, onRefused: refused('keys-refused') });
  const refresh = createKeyRefresh(keys);
  const verify = createOidcVerifier({ settings, keys, clock });
  const cache = createVerifiedTokenCache(settings.verifiedTokenCacheSeconds, clock);
  return {
    id,
    type: 'oidc',
    authority,
    claims: [{ scheme: 'bearer', issuer, audiences }],
    challenges: ['Bearer realm="kafka"'],
    strategy: new BearerStrategy(createRunner(settings), (token) => cache.through(token, verify)),
    start: () => refresh.begin(),
    health: () => [{ name: `${id}:keys`, state: keys.state() }],
    forget: () => cache.forget(),
    refresh: () => keys.refresh(),
    close: async () => {
      refresh.end();
      cache.forget();
    },
  };
};

/** What the app needs to offer this plugin type. */
export const oidcPlugin = { type: 'oidc', schema: oidcSchema, create: createOidcPlugin } as const;
