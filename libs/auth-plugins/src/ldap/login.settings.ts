import { z } from 'zod';
import { canonicalDirectoryName } from '../authority/directory-name.js';

const dnsName = z.string().regex(/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})(?:\.[A-Za-z0-9-]{1,63})*$/, 'must be a domain name');

/** How a typed name becomes an entry of the directory. */
export const loginSchema = z.discriminatedUnion('by', [
  /** The typed name is the value of users.loginAttribute: search, then bind with the DN found. */
  z.strictObject({ by: z.literal('search') }),
  /** The typed name stands in a DN, which is bound at once; the entry is read after that. */
  z.strictObject({
    by: z.literal('dn-pattern'),
    pattern: z.string().refine((text) => text.split('{name}').length === 2 && canonicalDirectoryName(text.replace('{name}', 'a')) !== null && /^[A-Za-z][A-Za-z0-9-]*=\{name\},/.test(text), 'must be a DN that begins with <attribute>={name},'),
  }),
  /** name, name@suffix or DOMAIN\name, as Active Directory has them. */
  z.strictObject({
    by: z.literal('active-directory'),
    /** The NetBIOS name, before the backslash. */
    domain: z.string().regex(/^[A-Za-z0-9._-]{1,15}$/, 'must be a NetBIOS domain name'),
    dnsDomain: dnsName,
    /** Further suffixes after "@". */
    upnSuffixes: z.array(dnsName).max(100).default([]),
  }),
]);

export type LoginSettings = z.infer<typeof loginSchema>;
