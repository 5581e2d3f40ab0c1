import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import ldap from 'ldapjs';
import type { LdapLogin } from '../../stack/src/index.ts';

/** Adds an entry under exactly this DN: ldapjs prints a parsed DN without some of its escapes, so it is given one that prints as written. */
export const addEntry = async (login: LdapLogin, dn: string, attributes: Readonly<Record<string, string | Buffer>>): Promise<void> => {
  const client = ldap.createClient({ url: login.url, tlsOptions: { ca: readFileSync(login.caFile, 'utf8') } });
  try {
    await promisify<string, string>(client.bind.bind(client))(login.dn, login.password);
    const verbatim = Object.assign(ldap.parseDN('cn=x'), { toString: () => dn });
    await promisify<unknown, object>(client.add.bind(client) as (dn: unknown, entry: object, done: (error: Error | null) => void) => void)(verbatim, { ...attributes });
  } finally {
    client.destroy();
  }
};
