import type { RejectReason } from '../contract/outcome.js';

/** Why Active Directory refused a bind, from the text of result 49: for operators, never for the caller. */
export type RefusalCause = 'unknown-name' | 'wrong-password' | 'logon-hours' | 'workstation' | 'password-expired' | 'disabled' | 'account-expired' | 'password-must-change' | 'locked';

/** The low words of Win32 errors, in hexadecimal (MS-ERREF 2.2), as "AcceptSecurityContext error, data 52e" has them. */
const CAUSES: Readonly<Record<string, RefusalCause>> = {
  '525': 'unknown-name',
  '52e': 'wrong-password',
  '530': 'logon-hours',
  '531': 'workstation',
  '532': 'password-expired',
  '533': 'disabled',
  '701': 'account-expired',
  '773': 'password-must-change',
  '775': 'locked',
};

/** @returns null for texts of other directories, and for codes that are not known */
export const refusalCauseOf = (text: string): RefusalCause | null => CAUSES[/\bAcceptSecurityContext error, data ([0-9a-f]{1,8})\b/i.exec(text)?.[1]?.toLowerCase() ?? ''] ?? null;

/** As audit and metrics know it. */
export const REJECT_REASONS: Readonly<Record<RefusalCause, RejectReason>> = {
  'unknown-name': 'unknown-subject',
  'wrong-password': 'bad-credential',
  'logon-hours': 'logon-restricted',
  workstation: 'logon-restricted',
  'password-expired': 'password-expired',
  'password-must-change': 'password-expired',
  disabled: 'account-disabled',
  'account-expired': 'account-expired',
  locked: 'account-locked',
};
