import type { Groups } from '../contract/principal.js';

/** Whose groups are asked for. Tenant and object id come from a verified token and are GUIDs. */
export interface GroupSubject {
  readonly tenant: string;
  readonly objectId: string;
  /** Directories keep people and applications apart, and give rights to read them apart. */
  readonly kind: 'user' | 'application';
}

/** A directory that can be asked which of the groups that rules name someone is in. */
export interface GroupSource {
  /** `unknown` when it could not be asked: never a guess, never a rejection. */
  groupsOf(subject: GroupSubject): Promise<Groups>;
  /** Drops what was learnt; an answer that is under way is not kept either (I27). */
  forget(): void;
}

/** What one question to the directory ended in. `away`: it may be answered later; `refused`: our own rights or settings are wrong. */
export type MembershipAnswer =
  | { readonly kind: 'answered'; readonly ids: readonly string[] }
  | { readonly kind: 'away'; readonly code: string | number; readonly retryAfterSeconds: number | null }
  | { readonly kind: 'refused'; readonly code: string | number };

/** One question about one subject. Never throws. */
export type AskMembership = (subject: GroupSubject) => Promise<MembershipAnswer>;
