import type { Entry } from '../directory/ldif.ts';

export const REALM = 'ad.example.test';
export const NETBIOS_DOMAIN = 'ADX';
export const AD_BASE_DN = 'DC=ad,DC=example,DC=test';
export const AD_PEOPLE_DN = `OU=People,${AD_BASE_DN}`;
export const AD_GROUPS_DN = `OU=Groups,${AD_BASE_DN}`;
export const AD_SERVICE_DN = `CN=postern,OU=Services,${AD_BASE_DN}`;
/** Bad passwords that lock an account; minutes for which it is locked, and for which a bad password counts. */
export const AD_LOCKOUT = { threshold: 6, minutes: 30 } as const;

export const adPersonDn = (account: string): string => `CN=${account},${AD_PEOPLE_DN}`;
export const adGroupDn = (group: string): string => `CN=${group},${AD_GROUPS_DN}`;

/** MS-ADTS 2.2.16. */
const NORMAL = '512';
const DISABLED = '514';

export interface AdAccount {
  /** sAMAccountName. */
  readonly account: string;
  /** userPrincipalName; absent: only the implicit one, account@realm. */
  readonly upn?: string;
  readonly groups?: readonly string[];
  /** What is wrong with the account, as attributes of its entry. */
  readonly state?: Readonly<Record<string, string>>;
}

export const AD_ACCOUNTS: readonly AdAccount[] = [
  { account: 'alice', upn: `alice@${REALM}`, groups: ['orders-team'] },
  { account: 'bob', groups: ['kafka-users'] },
  // Her name for people has nothing in common with her account.
  { account: 'ccooper', upn: 'carol.cooper@corp.example.test' },
  { account: 'guessed' },
  { account: 'hammered' },
  { account: 'moved', groups: ['orders-team'] },
  { account: 'disabled', state: { userAccountControl: DISABLED } },
  // FILETIME: the second day of 1601.
  { account: 'ended', state: { accountExpires: '864000000000' } },
  { account: 'must-change', state: { pwdLastSet: '0' } },
  { account: 'never-now', state: { logonHours: '\0'.repeat(21) } },
  { account: 'old-password' },
];

/** A password that the domain's complexity rule takes. */
export const adPassword = (account: string): string => `Pw-${account}-1965!`;

/** orders-team ⊂ orders-all ⊂ kafka-users, and a circle, which real directories have. */
const NESTING: Readonly<Record<string, readonly string[]>> = { 'kafka-users': ['orders-all'], 'orders-all': ['orders-team'], 'orders-team': ['orders-all'] };

/** As UTF-16 in quotation marks (MS-ADTS 3.1.1.3.1.5): a string of these characters has the same bytes in UTF-8. */
export const quotedPassword = (password: string): string => Array.from(`"${password}"`).map((character) => `${character}\0`).join('');

const account = (dn: string, name: string, password: string, more: Readonly<Record<string, string>> = {}): Entry => ({
  dn,
  attributes: { objectClass: 'user', cn: name, sAMAccountName: name, unicodePwd: quotedPassword(password), userAccountControl: NORMAL, ...more },
});
const unit = (name: string): Entry => ({ dn: `OU=${name},${AD_BASE_DN}`, attributes: { objectClass: 'organizationalUnit', ou: name } });

/** Everything below the base, parents first. */
export const adEntries = (servicePassword: string): readonly Entry[] => [
  ...['People', 'Groups', 'Services'].map(unit),
  account(AD_SERVICE_DN, 'postern', servicePassword),
  ...AD_ACCOUNTS.map(({ account: name, upn, state }) => account(adPersonDn(name), name, adPassword(name), { ...(upn === undefined ? {} : { userPrincipalName: upn }), ...state })),
  ...Object.keys(NESTING).map((group) => ({
    dn: adGroupDn(group),
    attributes: { objectClass: 'group', cn: group, sAMAccountName: group, ...memberList(AD_ACCOUNTS.filter(({ groups }) => groups?.includes(group)).map((one) => adPersonDn(one.account))) },
  })),
];

const memberList = (members: readonly string[]): Readonly<Record<string, readonly string[]>> => (members.length === 0 ? {} : { member: members });

/** Groups inside groups, added when all of them are there. */
export const adNesting: readonly (readonly [group: string, members: readonly string[]])[] = Object.entries(NESTING).map(([group, inner]) => [adGroupDn(group), inner.map(adGroupDn)]);
