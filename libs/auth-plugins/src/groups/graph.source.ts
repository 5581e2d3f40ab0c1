import { resolve } from 'node:path';
import { isGuid } from '../authority/group-id.js';
import type { HealthState, PluginDependencies } from '../contract/plugin.js';
import { Secret } from '../contract/secret.js';
import { StartupError } from '../contract/startup.error.js';
import { readCaFile } from '../files/ca.file.js';
import { readOwnerOnlyFile } from '../files/owner-only.file.js';
import type { GraphSettings } from './graph.settings.js';
import { createGraphMembership } from './graph.membership.js';
import { createGraphToken } from './graph.token.js';
import type { GroupSource } from './group.source.js';
import { createHttpsExchange } from './https.exchange.js';
import { createMembershipCache } from './membership.cache.js';

/** Groups from Microsoft Graph, for the plugin that asks. */
export interface GraphSource extends GroupSource {
  state(): HealthState['state'];
  close(): void;
}

export interface GraphSourceOf {
  readonly pluginId: string;
  readonly authority: string;
}

/**
 * @returns null when no rule of the authority names a group that Graph could know: then nothing needs to be asked
 * @throws StartupError for files that cannot be read, and for a secret that others can read
 */
export const createGraphSource = (settings: GraphSettings, { pluginId, authority }: GraphSourceOf, { clock, baseDir, report, namedGroups }: PluginDependencies): GraphSource | null => {
  const at = `plugins.${pluginId}.graph`;
  const clientSecret = new Secret(readOwnerOnlyFile(resolve(baseDir, settings.clientSecretFile), `${at}.clientSecretFile`).replace(/\r?\n$/, ''));
  if (clientSecret.reveal() === '') throw new StartupError(`${at}.clientSecretFile is empty`);
  const ca = settings.caFile === undefined ? undefined : readCaFile(resolve(baseDir, settings.caFile), `${at}.caFile`);
  const groupIds = [...new Set(namedGroups?.(authority) ?? [])].filter(isGuid);
  if (groupIds.length === 0) return null;
  const { exchange, close } = createHttpsExchange(ca);
  const { url, tokenUrl, scope, clientId, cacheSeconds, negativeSeconds, graceSeconds } = settings;
  const token = createGraphToken({ tokenUrl, scope, clientId, clientSecret, exchange, clock });
  const ask = createGraphMembership({ url, groupIds, token, exchange, clock });
  let isAnswering: boolean | null = null;
  const cache = createMembershipCache({
    ask: async (subject) => {
      const answer = await ask(subject);
      isAnswering = answer.kind === 'answered';
      return answer;
    },
    clock,
    cacheSeconds,
    negativeSeconds,
    graceSeconds,
    onUnanswered: ({ kind, code }) => report?.({ pluginId, event: `graph-${kind}`, code }),
  });
  return {
    ...cache,
    // Never `down`: callers whose tokens tell their groups, and all other ways in, do not need Graph.
    state: () => (isAnswering === true ? 'up' : 'unknown'),
    close,
  };
};
