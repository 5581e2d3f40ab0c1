import type { RejectReason } from '../contract/outcome.js';
import type { Groups } from '../contract/principal.js';
import type { DirectoryEntry } from './directory.driver.js';
import type { Read } from './directory.reader.js';

/** What the directory made of one login. */
export type LoginAnswer =
  | { readonly kind: 'verified'; readonly id: string; readonly name: string; readonly groups: Groups }
  | { readonly kind: 'rejected'; readonly reason: RejectReason }
  /** The entry behind this name has seen too many wrong passwords, under whatever names (I28). */
  | { readonly kind: 'throttled'; readonly retryAfterSeconds: number };

export interface LoginAttempt {
  readonly loginName: string;
  readonly password: string;
  readonly source: string;
  readonly signal: AbortSignal;
}

/**
 * Makes a principal of an entry whose password was right.
 * @param foundBy the attribute that was searched
 */
export type Finish = (entry: DirectoryEntry, foundBy: string, read: Read, signal: AbortSignal) => Promise<LoginAnswer>;

/**
 * From a typed name and a password to the one entry whose password that is, then `finish`.
 * @throws Unavailable or DirectoryFailure when the directory did not say
 */
export type LoginWay = (attempt: LoginAttempt, finish: Finish) => Promise<LoginAnswer>;

/** Where an entry of this name may be found, in order; none: nobody is called so. */
export type Conditions = (loginName: string) => readonly { readonly attribute: string; readonly value: string }[];

export const rejected = (reason: RejectReason): LoginAnswer => ({ kind: 'rejected', reason });
