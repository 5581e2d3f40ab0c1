import { describe, expect, it } from 'vitest';
import { canonicalDirectoryName } from './directory-name.js';

describe('canonicalDirectoryName', () => {
  it.each([
    ['case of types and values', 'CN=Kafka-Users,OU=Groups,DC=Example', 'cn=kafka-users,ou=groups,dc=example'],
    ['blanks around separators', 'cn = a , ou = b ;dc=c', 'cn=a,ou=b,dc=c'],
    ['inner blanks', 'cn=Kafka   Users', 'cn=kafka users'],
    ['escaped comma by sign and by number', String.raw`cn=o\,dd,dc=x`, String.raw`cn=o\2Cdd,dc=x`],
    ['UTF-8 by letters and by numbers', 'cn=Büro,dc=x', String.raw`cn=B\C3\BCro,dc=x`],
    ['order inside a multi-valued RDN', 'cn=a+uid=b,dc=x', 'uid=b+cn=a,dc=x'],
    ['sharp s in both cases', 'cn=STRASSE', 'cn=straße'],
    ['characters of filters', 'cn=odd ( ) * person', 'cn=Odd ( ) * Person'],
    ['a surrogate pair', 'cn=a😀b,dc=x', 'CN=a😀b, DC=X'],
  ])('treats as one: %s', (_sentence, one, other) => {
    expect(canonicalDirectoryName(one)).not.toBeNull();
    expect(canonicalDirectoryName(one)).toBe(canonicalDirectoryName(other));
  });
  it.each([
    ['an escaped separator and a real one', String.raw`cn=a\,dc=x`, 'cn=a,dc=x'],
    ['an escaped plus and a multi-valued RDN', String.raw`cn=a\+uid\=b`, 'cn=a+uid=b'],
    ['another order of RDNs', 'cn=a,ou=b', 'ou=b,cn=a'],
    ['one RDN more', 'cn=a,dc=x', 'cn=a,dc=x,dc=y'],
  ])('keeps apart: %s', (_sentence, one, other) => {
    expect(canonicalDirectoryName(one)).not.toBe(canonicalDirectoryName(other));
  });
  it.each([['plain text', 'kafka-users'], ['nothing', ''], ['blanks', '  '], ['an empty value', 'cn=,dc=x'], ['a value of an escaped blank', String.raw`cn=\20,dc=x`], ['a dangling escape', 'cn=a\\'], ['a trailing comma', 'cn=a,'], ['bytes that are no UTF-8', String.raw`cn=\ff`], ['a bad type', 'c n=a'], ['a quoted form of RFC 1779', 'cn="a,b"']])(
    'refuses %s',
    (_sentence, text) => {
      expect(canonicalDirectoryName(text)).toBeNull();
    },
  );
});
