export const BASE_DN = 'dc=example,dc=test';
export const PEOPLE_DN = `ou=people,${BASE_DN}`;
export const GROUPS_DN = `ou=groups,${BASE_DN}`;
export const SERVICE_DN = `cn=postern,ou=services,${BASE_DN}`;
export const DIRECTORY_ADMIN_DN = `cn=admin,${BASE_DN}`;

export interface Person {
  readonly uid: string;
  readonly cn: string;
  readonly sn: string;
  readonly password: string;
}

export const PEOPLE: readonly Person[] = [
  { uid: 'alice', cn: 'Alice Archer', sn: 'Archer', password: 'alice-secret' },
  { uid: 'bob', cn: 'Bob Baker', sn: 'Baker', password: 'bob-secret' },
  { uid: 'carol', cn: 'Carol Cooper', sn: 'Cooper', password: 'carol-secret' },
  // RFC 7617: a password may hold colons and spaces, and is UTF-8.
  { uid: 'dave', cn: 'Dave Dyer', sn: 'Dyer', password: 'p:a:ss wörd' },
  { uid: 'erin', cn: 'Erin Ewing', sn: 'Ewing', password: 'erin-secret' },
  // Every character that a search filter must escape (RFC 4515, 3).
  { uid: 'odd.person', cn: 'Odd (Person) * \\ Name', sn: 'Person', password: 'odd-secret' },
];

/** Members by uid; carol and erin are in no group. */
export const GROUPS = {
  'kafka-users': ['alice', 'bob', 'dave', 'odd.person'],
  'orders-writers': ['alice'],
} as const satisfies Record<string, readonly string[]>;

export type GroupName = keyof typeof GROUPS;

export const personDn = (uid: string): string => `uid=${uid},${PEOPLE_DN}`;
export const groupDn = (group: string): string => `cn=${group},${GROUPS_DN}`;

export const groupsOf = (uid: string): readonly string[] =>
  Object.entries(GROUPS)
    .filter(([, members]) => (members as readonly string[]).includes(uid))
    .map(([group]) => group);
