import type { LoginSettings } from './login.settings.js';

/** A typed name as one of the forms that the settings allow; anything else is nobody's name. */
export type TypedName =
  | { readonly kind: 'plain'; readonly account: string }
  /** name@suffix: a userPrincipalName, written out or implied by the account and the domain. */
  | { readonly kind: 'principal-name'; readonly account: string; readonly suffix: string }
  /** DOMAIN\name. */
  | { readonly kind: 'down-level'; readonly account: string };

/** What Active Directory forbids in sAMAccountName (MS-SAMR 3.1.1.6), and "@". */
const ACCOUNT = /^[^\p{Cc}\p{Cf}"/\\[\]:;|=,+*?<>@]{1,64}$/u;

type ActiveDirectoryNames = Extract<LoginSettings, { readonly by: 'active-directory' }>;

/**
 * A bind name of Active Directory may be a dozen things (a display name, a SID, a canonical name): only the forms that
 * people are told of go there, of this domain and its suffixes only.
 */
export const parseAccountName = (typed: string, { domain, dnsDomain, upnSuffixes }: ActiveDirectoryNames): TypedName | null => {
  const [beforeSlash = '', afterSlash, ...moreSlashes] = typed.split('\\');
  if (afterSlash !== undefined) {
    const isOurs = [domain, dnsDomain].some((name) => name.toLowerCase() === beforeSlash.toLowerCase());
    return moreSlashes.length === 0 && isOurs && isAccount(afterSlash) ? { kind: 'down-level', account: afterSlash } : null;
  }
  const [account = '', suffix, ...moreSigns] = typed.split('@');
  if (!isAccount(account) || moreSigns.length > 0) return null;
  if (suffix === undefined) return { kind: 'plain', account };
  const known = [dnsDomain, ...upnSuffixes].some((name) => name.toLowerCase() === suffix.toLowerCase());
  return known ? { kind: 'principal-name', account, suffix } : null;
};

const isAccount = (text: string): boolean => ACCOUNT.test(text) && text.trim() === text && !text.endsWith('.');

/** RFC 4514 section 2.4, in its strictest reading: whatever is no plain letter or digit of ASCII is written as bytes. */
export const escapeDnValue = (value: string): string => [...Buffer.from(value, 'utf8')].map((byte) => (PLAIN.test(String.fromCodePoint(byte)) ? String.fromCodePoint(byte) : `\\${byte.toString(16).padStart(2, '0')}`)).join('');

const PLAIN = /^[A-Za-z0-9._@-]$/;

/** For a DN pattern: no control characters, no blanks at the ends or in runs, and no letter that has another form. */
export const isPlainName = (typed: string): boolean => typed !== '' && typed.length <= 256 && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(typed) && !/^\s|\s$|\s\s/.test(typed) && typed.normalize('NFKC') === typed;
