import type { LoginSettings } from './login.settings.js';
import type { Conditions } from './login.way.js';
import { parseAccountName } from './typed.name.js';

type ActiveDirectoryNames = Extract<LoginSettings, { readonly by: 'active-directory' }>;

/** As Active Directory looks names up: a written userPrincipalName goes before one that account and domain imply. */
export const accountConditions =
  (names: ActiveDirectoryNames): Conditions =>
  (loginName) => {
    const typed = parseAccountName(loginName, names);
    if (typed === null) return [];
    const byAccount = { attribute: 'sAMAccountName', value: typed.account };
    switch (typed.kind) {
      case 'plain':
      case 'down-level':
        return [byAccount];
      case 'principal-name': {
        const byPrincipalName = { attribute: 'userPrincipalName', value: `${typed.account}@${typed.suffix}` };
        return typed.suffix.toLowerCase() === names.dnsDomain.toLowerCase() ? [byPrincipalName, byAccount] : [byPrincipalName];
      }
    }
  };

/** The name that a failure budget counts under before the directory was asked: one for all forms of an account. */
export const countedName =
  (login: LoginSettings): ((loginName: string) => string) =>
  (loginName) =>
    login.by === 'active-directory' ? (parseAccountName(loginName, login)?.account ?? loginName) : loginName;
