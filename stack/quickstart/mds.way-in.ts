import type { DirectoryDescription, MdsDescription } from '../src/index.ts';

/**
 * What the sample settings have as comments: plugin `mds` beside the directory, which keeps Basic. Both are of one authority and
 * one directory, so that alice is the same principal by either; the row mints for her, as for passwords.
 * @returns variables of the proxy; the numbers are the first free places of the sample's lists
 */
export const mdsWayIn = (mds: MdsDescription, directory: DirectoryDescription): Readonly<Record<string, string>> => {
  const users = { base: `ou=people,${directory.baseDn}`, loginAttribute: 'uid', nameAttribute: 'uid', idAttribute: 'entryUUID' };
  const plugin = {
    id: 'corp-mds',
    type: 'mds',
    authority: 'corp',
    urls: [mds.url],
    caFile: mds.caFile,
    publicKeyFiles: [mds.publicKeyFile],
    basic: false,
    directory: { urls: [directory.url], caFile: directory.caFile, service: directory.service, users },
  };
  return {
    POSTERN__plugins__2: JSON.stringify(plugin),
    POSTERN__clusters__0__credentials__3: JSON.stringify({ from: mds.issuer, source: 'minted', listener: 'minted' }),
  };
};
