import { randomBytes } from 'node:crypto';
import { storedPassword } from './entries.ts';
import { ALREADY_SO, OBJECT_CLASS_VIOLATION, resultCode, withLdap, type LdapLogin } from './ldap.session.ts';
import { groupDn, GROUPS_DN, PEOPLE, personDn, type GroupName } from './people.ts';

/** What an administrator does to people while a proxy is using the directory. */
export interface DirectoryChanges {
  changePassword(uid: string, password: string): Promise<void>;
  /** From now on the right password is refused with result 49, as a locked account is. */
  lock(uid: string): Promise<void>;
  /** Ends a lock, also one that wrong passwords caused; gives back the first password where locking took it away. */
  unlock(uid: string): Promise<void>;
  addToGroup(uid: string, group: GroupName): Promise<void>;
  removeFromGroup(uid: string, group: GroupName): Promise<void>;
  /** Attribute values of a person, read as administrator. */
  readPerson(uid: string, attributes: readonly string[]): Promise<Readonly<Record<string, readonly string[]>>>;
}

/** What differs between the servers. */
export interface DirectoryKind {
  /** The server computes memberOf from the groups. */
  readonly memberOf: boolean;
  /** The server locks accounts. */
  readonly passwordPolicy: boolean;
}

const unlessAlready = (error: unknown): void => {
  const code = resultCode(error);
  if (code === null || !(ALREADY_SO as readonly number[]).includes(code)) throw error;
};

export const directoryChanges = (admin: LdapLogin, kind: DirectoryKind): DirectoryChanges => {
  const setPassword = (uid: string, password: string): Promise<void> =>
    withLdap(admin, (ldap) => ldap.modify(personDn(uid), 'replace', 'userPassword', [storedPassword(password)]));
  return {
    changePassword: setPassword,
    lock: (uid) =>
      kind.passwordPolicy
        ? // slapo-ppolicy(5): this value means locked until an administrator ends it.
          withLdap(admin, (ldap) => ldap.modify(personDn(uid), 'replace', 'pwdAccountLockedTime', ['000001010000Z']))
        : setPassword(uid, randomBytes(24).toString('base64url')),
    unlock: (uid) =>
      kind.passwordPolicy
        ? withLdap(admin, (ldap) => ldap.modify(personDn(uid), 'replace', 'pwdAccountLockedTime', []))
        : setPassword(uid, PEOPLE.find((person) => person.uid === uid)?.password ?? ''),
    addToGroup: (uid, group) =>
      withLdap(admin, async (ldap) => {
        await ldap.modify(groupDn(group), 'add', 'member', [personDn(uid)]).catch(unlessAlready);
        if (!kind.memberOf) await ldap.modify(personDn(uid), 'add', 'memberOf', [groupDn(group)]).catch(unlessAlready);
      }),
    removeFromGroup: (uid, group) =>
      withLdap(admin, async (ldap) => {
        await ldap.modify(groupDn(group), 'delete', 'member', [personDn(uid)]).catch(async (error: unknown) => {
          // A groupOfNames must have a member (RFC 4519, 3.5): the last one is followed by somebody who does not exist.
          if (resultCode(error) !== OBJECT_CLASS_VIOLATION) return unlessAlready(error);
          return ldap.modify(groupDn(group), 'replace', 'member', [`cn=nobody,${GROUPS_DN}`]);
        });
        if (!kind.memberOf) await ldap.modify(personDn(uid), 'delete', 'memberOf', [groupDn(group)]).catch(unlessAlready);
      }),
    readPerson: (uid, attributes) => withLdap(admin, (ldap) => ldap.read(personDn(uid), attributes)),
  };
};
