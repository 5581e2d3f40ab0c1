import { ldapPlugin, type LdapSettings, type Plugin } from '@postern/auth-plugins';
import { AD_GROUPS_DN, AD_PEOPLE_DN, NETBIOS_DOMAIN, REALM, type ActiveDirectory } from '../../stack/src/index.ts';
import { collectReports, testClock } from './run-plugin.ts';

type Deep<T> = { readonly [K in keyof T]?: unknown };

export const AD_NAMES = { by: 'active-directory', domain: NETBIOS_DOMAIN, dnsDomain: REALM, upnSuffixes: ['corp.example.test'] } as const;
export const IN_CHAIN = { base: AD_GROUPS_DN, objectClass: 'group', nested: 'in-chain' } as const;

/** The plugin as an operator sets it up for Active Directory. */
export const activeDirectoryFor = (directory: Pick<ActiveDirectory, 'url' | 'caFile' | 'service'>, over: Deep<LdapSettings> = {}) => {
  const { clock, later } = testClock();
  const { seen, report } = collectReports();
  const settings = ldapPlugin.schema.parse({
    id: 'corp-ad',
    type: 'ldap',
    authority: 'corp',
    urls: [directory.url],
    caFile: directory.caFile,
    service: directory.service,
    login: AD_NAMES,
    users: { base: AD_PEOPLE_DN, loginAttribute: 'sAMAccountName', nameAttribute: 'sAMAccountName', idAttribute: 'objectGUID', objectClass: 'user' },
    loginDeadlineMs: 2_000,
    failureBudget: { lockoutThreshold: 1_000 },
    ...over,
  });
  const plugin: Plugin = ldapPlugin.create(settings, { clock, baseDir: '/', report });
  return { plugin, later, reports: seen };
};
