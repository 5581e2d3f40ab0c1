import { ldapPlugin, type LdapSettings, type Plugin } from '@postern/auth-plugins';
import type { DirectoryDescription } from '../../stack/src/index.ts';
import { collectReports, testClock } from './run-plugin.ts';

type Deep<T> = { readonly [K in keyof T]?: unknown };

/** The plugin as an operator sets it up for the stack's directory; nothing is asked before `start` or a login. */
export const ldapFor = (directory: DirectoryDescription, over: Deep<LdapSettings> = {}) => {
  const { clock, later } = testClock();
  const { seen, report } = collectReports();
  const settings = ldapPlugin.schema.parse({
    id: 'corp-ldap',
    type: 'ldap',
    authority: 'corp',
    urls: [directory.url],
    caFile: directory.caFile,
    service: directory.service,
    users: { base: `ou=people,${directory.baseDn}`, loginAttribute: 'uid', nameAttribute: 'uid', idAttribute: 'entryUUID' },
    loginDeadlineMs: 2_000,
    // Wrong passwords are what these specs are about; the budget has rows of its own.
    failureBudget: { lockoutThreshold: 1_000 },
    ...over,
  });
  const plugin: Plugin = ldapPlugin.create(settings, { clock, baseDir: '/', report });
  return { plugin, later, reports: seen };
};
