import { resolve } from 'node:path';
import type { Claim, Plugin, PluginDependencies } from '../contract/plugin.js';
import { readCaFile } from '../files/ca.file.js';
import { createJwksFetch } from '../keys/jwks.fetch.js';
import { createKeyStore } from '../keys/key.store.js';
import { createRunner } from '../runner/plugin.runner.js';
import { createGraphSource } from '../groups/graph.source.js';
import { BearerStrategy } from '../bearer/bearer.strategy.js';
import { createGroupCompletion } from './group.completion.js';
import { entraSchema, type EntraSettings, type EntraVersion } from './entra.settings.js';
import { createEntraVerifier, type EntraIssuer } from './entra.verifier.js';
import { createAzureAdVerifier, loadAzureAdVerifier } from './azure-ad.signature.js';
import { verifyByJose } from './jose.signature.js';
import { createVerifiedTokenCache } from '../bearer/verified-token.cache.js';

const REFRESH_EVERY_MS = 3_600_000;
/** While an issuer has given no keys yet, it is asked this often. */
const RETRY_EVERY_MS = 30_000;

const VERSIONS: readonly EntraVersion[] = ['v1', 'v2'];

/** @throws StartupError when the CA file cannot be read */
export const createEntraPlugin = (settings: EntraSettings, dependencies: PluginDependencies): Plugin => {
  const { clock, baseDir, report } = dependencies;
  const caFile = settings.caFile;
  const ca = caFile === undefined ? undefined : readCaFile(resolve(baseDir, caFile), `plugins.${settings.id}.caFile`);
  const issuers = VERSIONS.flatMap((version): EntraIssuer[] => {
    const pinned = settings.versions[version];
    if (pinned === undefined) return [];
    const onRefused = (code: string) => report?.({ pluginId: settings.id, event: `${version}-keys-refused`, code });
    return [{ version, issuer: pinned.issuer, audiences: pinned.audiences, foreignAudiences: settings.hdinsight?.audiences ?? [], keys: createKeyStore({ fetch: createJwksFetch({ url: pinned.jwksUrl, ca }), clock, onRefused }) }];
  });
  const verifySignature = settings.verifier === 'jose' ? verifyByJose : createAzureAdVerifier();
  const verify = createEntraVerifier({ verifySignature, pluginId: settings.id, authority: settings.authority, tenant: settings.tenant, issuers, maxTokenLifeSeconds: settings.maxTokenLifeSeconds, clock });
  const cache = createVerifiedTokenCache(settings.verifiedTokenCacheSeconds, clock);
  const graph = settings.graph === undefined ? null : createGraphSource(settings.graph, { pluginId: settings.id, authority: settings.authority }, dependencies);
  const complete = graph === null ? null : createGroupCompletion(graph, settings.graph?.ask === 'always');
  // Groups are asked for behind the cache of tokens: they have their own times, and a failure must not be remembered with a token.
  const verifyAndComplete = async (token: string) => {
    const verification = await cache.through(token, verify);
    return complete === null ? verification : complete(token, verification);
  };
  const timers: NodeJS.Timeout[] = [];
  const refreshAll = async () => void (await Promise.all(issuers.map(({ keys }) => keys.refresh())));
  return {
    id: settings.id,
    type: 'entra',
    authority: settings.authority,
    claims: issuers.map(({ issuer, audiences, foreignAudiences }): Claim => ({ scheme: 'bearer', issuer, audiences, foreignAudiences })),
    challenges: ['Bearer realm="kafka"'],
    strategy: new BearerStrategy(createRunner(settings), verifyAndComplete),
    // An issuer that is away does not stop the start: its callers get 503 until it is back.
    start: async () => {
      // A missing package is found at the start and not by the first caller.
      if (settings.verifier === 'passport-azure-ad') await loadAzureAdVerifier();
      const refreshMissing = () => Promise.all(issuers.filter(({ keys }) => keys.state() !== 'up').map(({ keys }) => keys.refresh()));
      timers.push(setInterval(() => void refreshAll(), REFRESH_EVERY_MS), setInterval(() => void refreshMissing(), RETRY_EVERY_MS));
      for (const timer of timers) timer.unref();
      await refreshAll();
    },
    health: () => [
      ...issuers.map(({ version, keys }) => ({ name: `${settings.id}:${version}-keys`, state: keys.state() })),
      ...(graph === null ? [] : [{ name: `${settings.id}:graph`, state: graph.state() }]),
    ],
    forget: () => {
      cache.forget();
      graph?.forget();
    },
    refresh: refreshAll,
    close: async () => {
      for (const timer of timers.splice(0)) clearInterval(timer);
      cache.forget();
      graph?.close();
    },
  };
};

/** What the app needs to offer this plugin type. */
export const entraPlugin = { type: 'entra', schema: entraSchema, create: createEntraPlugin } as const;
