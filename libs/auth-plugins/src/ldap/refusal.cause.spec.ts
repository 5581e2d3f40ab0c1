import { describe, expect, it } from 'vitest';
import { refusalCauseOf } from './refusal.cause.js';

const text = (code: string) => `80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data ${code}, v1db1`;

describe("the text of Active Directory's result 49", () => {
  it.each([
    ['525', 'unknown-name'],
    ['52e', 'wrong-password'],
    ['52E', 'wrong-password'],
    ['530', 'logon-hours'],
    ['531', 'workstation'],
    ['532', 'password-expired'],
    ['533', 'disabled'],
    ['701', 'account-expired'],
    ['773', 'password-must-change'],
    ['775', 'locked'],
    ['80090346', null],
    ['constructor', null],
  ])('with data %s means %s', (code, cause) => {
    expect(refusalCauseOf(text(code))).toBe(cause);
  });
  it.each(['', 'Invalid Credentials', 'data 775', 'NOT_AcceptSecurityContext error; data 775'])('that is none says nothing: %j', (other) => {
    expect(refusalCauseOf(other)).toBeNull();
  });
});
