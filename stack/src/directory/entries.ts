import { createHash, randomBytes } from 'node:crypto';
import type { Entry } from './ldif.ts';
import { BASE_DN, groupDn, GROUPS, GROUPS_DN, groupsOf, PEOPLE, PEOPLE_DN, personDn, SERVICE_DN } from './people.ts';

/** How many wrong passwords lock an account, and for how long (seconds). */
export const LOCKOUT = { failures: 5, seconds: 600 } as const;
export const POLICY_DN = `cn=default,ou=policies,${BASE_DN}`;

/** A password as both servers store it: salted SHA-1, the one scheme that stock builds of both know. */
export const storedPassword = (password: string): string => {
  const salt = randomBytes(8);
  const digest = createHash('sha1').update(password).update(salt).digest();
  return `{SSHA}${Buffer.concat([digest, salt]).toString('base64')}`;
};

const unit = (dn: string): Entry => ({ dn, attributes: { objectClass: 'organizationalUnit', ou: /^ou=([^,]+)/.exec(dn)?.[1] ?? '' } });

const account = (dn: string, cn: string, password: string): Entry => ({
  dn,
  attributes: { objectClass: ['applicationProcess', 'simpleSecurityObject'], cn, userPassword: storedPassword(password) },
});

export const baseEntry: Entry = { dn: BASE_DN, attributes: { objectClass: ['dcObject', 'organization'], dc: 'example', o: 'Example' } };

/** The administrator as an entry, for a server whose settings cannot name one. */
export const adminEntry = (dn: string, password: string): Entry => account(dn, 'admin', password);

/** Everything below the base, parents first. @param memberOf give the values, for a server that does not compute them */
export const entries = (servicePassword: string, options: { readonly memberOf: boolean; readonly passwordPolicy: boolean }): readonly Entry[] => [
  ...[PEOPLE_DN, GROUPS_DN, `ou=services,${BASE_DN}`, `ou=policies,${BASE_DN}`].map(unit),
  ...(options.passwordPolicy ? [policyEntry] : []),
  account(SERVICE_DN, 'postern', servicePassword),
  ...PEOPLE.map(({ uid, cn, sn, password }) => ({
    dn: personDn(uid),
    attributes: {
      objectClass: 'inetOrgPerson',
      uid,
      cn,
      sn,
      mail: `${uid}@example.test`,
      userPassword: storedPassword(password),
      ...(options.memberOf && groupsOf(uid).length > 0 ? { memberOf: groupsOf(uid).map(groupDn) } : {}),
    },
  })),
  ...Object.entries(GROUPS).map(([group, members]) => ({ dn: groupDn(group), attributes: { objectClass: 'groupOfNames', cn: group, member: members.map(personDn) } })),
];

/** OpenLDAP's password policy overlay (slapo-ppolicy): wrong passwords lock the account. */
const policyEntry: Entry = {
  dn: POLICY_DN,
  attributes: {
    objectClass: ['device', 'pwdPolicy'],
    cn: 'default',
    pwdAttribute: 'userPassword',
    pwdLockout: 'TRUE',
    pwdMaxFailure: String(LOCKOUT.failures),
    pwdLockoutDuration: String(LOCKOUT.seconds),
    // Without it slapd never forgets a bad password, and slow guessing locks an account in the end.
    pwdFailureCountInterval: '300',
  },
};
