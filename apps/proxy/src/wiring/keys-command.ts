import { assertMints, clusterTokenServiceSchema, revokeKey } from '@postern/auth-plugins';
import { parseBlock, type LoadedSettings } from '../config/load-settings.js';

export interface KeysCommand {
  readonly cluster: string;
  readonly kid: string;
}

const DEFAULT_REFRESH_SECONDS = 300;

/**
 * `postern keys revoke`: edits the key file that all replicas share and says what follows. @throws SettingsError, StartupError
 * @returns one line for the operator, and whether it was done
 */
export const revokeByCommand = async ({ settings, pathOf }: LoadedSettings, { cluster: id, kid }: KeysCommand): Promise<{ readonly done: boolean; readonly line: string }> => {
  const i = settings.clusters.findIndex((cluster) => cluster.id === id);
  const block = parseBlock(`clusters.${i}.tokenService`, clusterTokenServiceSchema, assertMints(settings.clusters[i]?.tokenService, id));
  const outcome = await revokeKey({ keysFile: block.keysFile, baseDir: pathOf('.'), clusterId: id, kid, brokerRefreshSeconds: block.brokerRefreshSeconds ?? DEFAULT_REFRESH_SECONDS, now: Date.now() });
  if (outcome.kind === 'unknown-kid') return { done: false, line: `cluster '${id}' has no key '${kid}'` };
  const then = outcome.signer === null ? 'no key can sign now: its callers get 503 until there is one' : `'${outcome.signer.kid}' signs from ${new Date(outcome.signer.at).toISOString()}`;
  return { done: true, line: `key '${kid}' of cluster '${id}' is revoked; ${then}` };
};
