import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import ldap from 'ldapjs';
import type { Entry } from './ldif.ts';

export interface LdapLogin {
  /** ldaps://host:port */
  readonly url: string;
  readonly caFile: string;
  readonly dn: string;
  readonly password: string;
}

/** Result codes that callers here tell apart (RFC 4511, 4.1.9). */
export const ALREADY_SO = [20, 16, 68] as const;
export const OBJECT_CLASS_VIOLATION = 65;

/** The result code of a refused operation; null when the server was not asked at all. */
export const resultCode = (error: unknown): number | null => (error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : null);

export interface LdapSession {
  add(entry: Entry): Promise<void>;
  modify(dn: string, operation: 'add' | 'delete' | 'replace', attribute: string, values: readonly string[]): Promise<void>;
  /** Attribute values of one entry; an attribute that is not there is missing. */
  read(dn: string, attributes: readonly string[]): Promise<Readonly<Record<string, readonly string[]>>>;
}

const session = (client: ldap.Client): LdapSession => ({
  add: ({ dn, attributes }) => promisify<string, Record<string, string | string[]>>(client.add.bind(client))(dn, structuredClone(attributes) as Record<string, string | string[]>),
  modify: (dn, operation, type, values) => {
    const change = new ldap.Change({ operation, modification: new ldap.Attribute({ type, values: [...values] }) });
    return promisify<string, ldap.Change>(client.modify.bind(client))(dn, change);
  },
  read: (dn, attributes) =>
    new Promise((resolve, reject) => {
      client.search(dn, { scope: 'base', attributes: [...attributes] }, (error, response) => {
        if (error !== null) return reject(error);
        let found: Record<string, readonly string[]> = {};
        response.on('searchEntry', (entry) => {
          found = Object.fromEntries(entry.pojo.attributes.map(({ type, values }) => [type, values]));
        });
        response.once('error', reject);
        response.once('end', () => resolve(found));
      });
    }),
});

/**
 * Binds, runs `use` and unbinds.
 * @throws ldapjs errors; `resultCode` tells a refusal from a server that is away
 */
export const withLdap = async <T>(login: LdapLogin, use: (session: LdapSession) => Promise<T>): Promise<T> => {
  const client = ldap.createClient({ url: login.url, connectTimeout: 2_000, timeout: 5_000, tlsOptions: { ca: readFileSync(login.caFile, 'utf8') } });
  // ldapjs reports a failed connection as several events; the bind below is the one that counts.
  const failed = new Promise<never>((_resolve, reject) => {
    for (const name of ['error', 'connectError', 'connectTimeout', 'connectRefused', 'setupError']) client.on(name, reject);
  });
  failed.catch(() => {});
  try {
    await Promise.race([failed, promisify<string, string>(client.bind.bind(client))(login.dn, login.password)]);
    return await Promise.race([failed, use(session(client))]);
  } finally {
    client.destroy();
  }
};

/** Whether a directory is up, by a bind of its administrator. @throws what says "not yet"; Error when it refuses that very bind */
export const administratorAnswers = async (admin: LdapLogin, title: string): Promise<true> => {
  await withLdap(admin, () => Promise.resolve()).catch((error: unknown) => {
    // An answer is an answer: a refusal is told as what it is.
    if (resultCode(error) === 49) throw new Error(`${title} refuses its own administrator`, { cause: error });
    throw error;
  });
  return true;
};
