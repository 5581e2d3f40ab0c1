import { isIP } from 'node:net';
import { z } from 'zod';
import { attribute, groupSearchSchema } from './group.settings.js';

/** Loopback by literal address only: a name could be pointed elsewhere. */
const isLoopback = (url: URL): boolean => {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
};

const directoryUrl = z.string().refine((text) => {
  const url = URL.parse(text);
  return url !== null && (url.protocol === 'ldaps:' || url.protocol === 'ldap:') && url.hostname !== '' && (url.pathname === '' || url.pathname === '/') && url.search === '' && url.username === '';
}, 'must be ldaps://host or ldaps://host:port');

/** Where a directory is and how its people are found: for logins there, and for looking up who logged in elsewhere. */
export const directoryFields = {
  /** Replicas of one directory, in order of preference. */
  urls: z.array(directoryUrl).min(1),
  caFile: z.string().optional(),
  /** The LDAP library: both pass one contract suite. ldapjs is archived, ldapts is maintained. */
  driver: z.enum(['ldapjs', 'ldapts']).default('ldapjs'),
  /** STARTTLS on ldap:// URLs; LDAPS is to be preferred. */
  startTls: z.literal(true).optional(),
  /** Name to verify in the certificate when it is not the URL's host. */
  serverName: z.string().optional(),
  /** Allows ldap:// to a loopback address, for tests (I22). */
  unsafe: z.literal(true).optional(),
  service: z.strictObject({ dn: z.string().min(3), passwordFile: z.string().min(1) }),
  users: z.strictObject({
    base: z.string().min(3),
    loginAttribute: attribute,
    /** Its one value becomes the principal's name; a second entry with the same value refuses both. */
    nameAttribute: attribute,
    /** Immutable: entryUUID, or objectGUID of Active Directory. */
    idAttribute: attribute,
    objectClass: attribute.optional(),
  }),
  /** The attribute of a person that names its groups; not used with groupSearch. */
  groupsAttribute: attribute.default('memberOf'),
  groupSearch: groupSearchSchema.optional(),
  connectTimeoutMs: z.int().min(50).max(10_000).default(2_000),
};

const directorySchema = z.object(directoryFields);

export type DirectorySettings = z.infer<typeof directorySchema>;

/** I22, as a refinement of every block that has these fields. */
export const isOverTls = ({ urls, unsafe, startTls }: Pick<DirectorySettings, 'urls' | 'unsafe' | 'startTls'>): boolean =>
  startTls === true ? unsafe === undefined && urls.every((text) => text.startsWith('ldap:')) : urls.every((text) => text.startsWith('ldaps:') || (unsafe === true && isLoopback(new URL(text))));

export const OVER_TLS = { path: ['urls'], message: 'must be ldaps://, or ldap:// with startTls: true for all of them; ldap:// without TLS needs unsafe: true and a loopback address (I22)' };
