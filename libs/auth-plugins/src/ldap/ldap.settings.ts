import { isIP } from 'node:net';
import { z } from 'zod';

const attribute = z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, 'must be an attribute name');

/** Loopback by literal address only: a name could be pointed elsewhere. */
const isLoopback = (url: URL): boolean => {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
};

const directoryUrl = z.string().refine((text) => {
  const url = URL.parse(text);
  return url !== null && (url.protocol === 'ldaps:' || url.protocol === 'ldap:') && url.hostname !== '' && (url.pathname === '' || url.pathname === '/') && url.search === '' && url.username === '';
}, 'must be ldaps://host or ldaps://host:port');

/** A plugin of type `ldap`: HTTP Basic against one directory. */
export const ldapSchema = z
  .strictObject({
    id: z.string(),
    type: z.literal('ldap'),
    authority: z.string(),
    /** Replicas of one directory, in order of preference. */
    urls: z.array(directoryUrl).min(1),
    caFile: z.string().optional(),
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
    groupsAttribute: attribute.default('memberOf'),
    loginDeadlineMs: z.int().min(100).max(30_000).default(5_000),
    connectTimeoutMs: z.int().min(50).max(10_000).default(2_000),
    connections: z.strictObject({ search: z.int().min(1).max(64).default(2), bind: z.int().min(1).max(256).default(8), waiting: z.int().min(1).max(10_000).default(1_000) }).prefault({}),
    cache: z.strictObject({ credentialSeconds: z.int().min(0).max(60).default(60), negativeSeconds: z.int().min(0).max(60).default(30), entries: z.int().min(100).max(1_000_000).default(10_000) }).prefault({}),
    /** Failed logins are refused before the directory locks the account (I28). */
    failureBudget: z
      .strictObject({
        /** Bad passwords after which the directory locks an account. */
        lockoutThreshold: z.int().min(2).max(1_000).default(10),
        replicas: z.int().min(1).max(100).default(1),
        /** How long the directory counts a bad password. */
        windowSeconds: z.int().min(1).max(86_400).default(300),
      })
      .prefault({}),
  })
  .refine(({ urls, unsafe }) => urls.every((text) => text.startsWith('ldaps:') || (unsafe === true && isLoopback(new URL(text)))), {
    path: ['urls'],
    message: 'must be ldaps://; ldap:// needs unsafe: true and a loopback address (I22)',
  });

export type LdapSettings = z.infer<typeof ldapSchema>;
