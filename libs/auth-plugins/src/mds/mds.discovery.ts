import { resolve } from 'node:path';
import { Secret } from '../contract/secret.js';
import { StartupError } from '../contract/startup.error.js';
import { readOwnerOnlyFile } from '../files/owner-only.file.js';
import { basicHeader } from './mds.login.js';
import type { MdsNodes } from './mds.nodes.js';
import type { MdsSettings } from './mds.settings.js';

export interface DiscoveryOptions {
  readonly at: string;
  readonly baseDir: string;
  readonly nodes: MdsNodes;
  readonly deadlineMs: number;
}

/**
 * Asks for active nodes now and then, as Postern's own account: a caller's password proves the caller and nothing else (I23).
 * @throws StartupError when that account's password cannot be read
 */
export const startDiscovery = ({ service, everySeconds }: NonNullable<MdsSettings['discovery']>, { at, baseDir, nodes, deadlineMs }: DiscoveryOptions) => {
  const what = `${at}.discovery.service.passwordFile`;
  const password = new Secret(readOwnerOnlyFile(resolve(baseDir, service.passwordFile), what).replace(/\r?\n$/, ''));
  if (password.reveal() === '') throw new StartupError(`${what} is empty`);
  let timer: NodeJS.Timeout | null = null;
  const discover = () => nodes.discover(basicHeader(service.name, password.reveal()), AbortSignal.timeout(deadlineMs));
  return {
    begin: async (): Promise<void> => {
      timer = setInterval(() => void discover(), everySeconds * 1000).unref();
      await discover();
    },
    end: (): void => {
      if (timer !== null) clearInterval(timer);
    },
  };
};
