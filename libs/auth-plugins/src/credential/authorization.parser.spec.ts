import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { bearerToken, parseAuthorization } from './authorization.parser.js';

const BARE = `eyJhbGciOiJSUzI1NiJ9.${'eyJpc3MiOiJ4In0'.repeat(3)}.${'c2ln'.repeat(20)}`;
const ALICE = Buffer.from('alice:alice-secret').toString('base64');

describe('parseAuthorization', () => {
  const rows: readonly (readonly [sentence: string, rawHeaders: readonly string[], kind: string])[] = [
    ['no Authorization header', ['Host', 'x'], 'none'],
    ['no headers at all', [], 'none'],
    ['Basic and Bearer both sent', ['Authorization', `Basic ${ALICE}`, 'authorization', 'Bearer a.b.c'], 'several'],
    ['the same line twice', ['Authorization', `Basic ${ALICE}`, 'Authorization', `Basic ${ALICE}`], 'several'],
    ['an Authorization value under another name', ['X-Authorization', `Basic ${ALICE}`], 'none'],
    ['a header whose value is the word authorization', ['X-Note', 'Authorization', 'Host', 'x'], 'none'],
    ['Basic', ['Authorization', `Basic ${ALICE}`], 'basic'],
    ['basic in lower case', ['authorization', `basic ${ALICE}`], 'basic'],
    ['two spaces after Basic', ['Authorization', `Basic  ${ALICE}`], 'basic'],
    ['a tab after Basic', ['Authorization', `Basic\t${ALICE}`], 'malformed'],
    ['Basic without credentials', ['Authorization', 'Basic'], 'malformed'],
    ['Basic with junk behind', ['Authorization', `Basic ${ALICE} junk`], 'malformed'],
    ['Basic with bad base64', ['Authorization', 'Basic ***'], 'malformed'],
    ['Basic with base64url', ['Authorization', 'Basic YWxpY2U6_-8='], 'malformed'],
    ['Basic over the length cap', ['Authorization', `Basic ${'A'.repeat(2049)}`], 'malformed'],
    ['raw bytes above ASCII in Basic', ['Authorization', 'Basic YWxpY2U6ÿ'], 'malformed'],
    ['a scheme that merely contains Basic', ['Authorization', `XBasicY ${ALICE}`], 'other-scheme'],
    ['a Bearer token of three parts', ['Authorization', 'Bearer eyJ.eyJ.c2ln'], 'bearer'],
    ['bearer in lower case', ['Authorization', 'bearer eyJ.eyJ.c2ln'], 'bearer'],
    ['an opaque Bearer token', ['Authorization', 'Bearer mF_9.B5f-4.1JqM/opaque=='], 'bearer'],
    ['Bearer without token', ['Authorization', 'Bearer'], 'malformed'],
    ['Bearer and a blank', ['Authorization', 'Bearer '], 'malformed'],
    ['a tab before the token', ['Authorization', 'Bearer \teyJ.eyJ.c2ln'], 'malformed'],
    ['a token with a blank inside', ['Authorization', 'Bearer eyJ.eyJ .c2ln'], 'malformed'],
    ['0x01 inside Authorization', ['Authorization', 'Bearer eyJ.eyJ.c2ln\u0001auth=x'], 'malformed'],
    ['a token of 12 KB', ['Authorization', `Bearer ${'a'.repeat(12 * 1024)}`], 'bearer'],
    ['a token over 12 KB', ['Authorization', `Bearer ${'a'.repeat(12 * 1024 + 1)}`], 'malformed'],
    ['a signed token without a scheme', ['Authorization', BARE], 'bare-token'],
    ['a signed token without a scheme and over 12 KB', ['Authorization', `${BARE}${'a'.repeat(12 * 1024)}`], 'malformed'],
    ['a token without a scheme and without a signature', ['Authorization', BARE.slice(0, BARE.lastIndexOf('.') + 1)], 'malformed'],
    ['what is short enough to be a scheme', ['Authorization', 'eyJhbGciOi.eyJpc3MiOi.c2lnbmF0dX'], 'other-scheme'],
    ['Negotiate', ['Authorization', 'Negotiate YII='], 'other-scheme'],
    ['an empty value', ['Authorization', ''], 'malformed'],
    ['a value that starts with a blank', ['Authorization', ` Basic ${ALICE}`], 'malformed'],
  ];
  it.each(rows)('%s is read as expected', (_sentence, rawHeaders, kind) => {
    expect(parseAuthorization(rawHeaders).kind).toBe(kind);
  });

  it('hands the whole value over in one spelling, and prints none of it', () => {
    const parsed = parseAuthorization(['Authorization', `bAsIc   ${ALICE}`]);
    expect(parsed.kind === 'basic' && parsed.secret.reveal()).toBe(`Basic ${ALICE}`);
    expect(`${inspect(parsed)}${JSON.stringify(parsed)}`).not.toContain(ALICE);
  });

  it('hands a bare token over as a Bearer value', () => {
    const parsed = parseAuthorization(['Authorization', BARE]);
    expect(parsed.kind === 'bare-token' && parsed.secret.reveal()).toBe(`Bearer ${BARE}`);
  });

  it('gives the token of a bearer value only', () => {
    expect(bearerToken('Bearer a.b.c')).toBe('a.b.c');
    expect(bearerToken(`Basic ${ALICE}`)).toBeNull();
  });
});
