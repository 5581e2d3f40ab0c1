import { describe, expect, it } from 'vitest';
import { ldif } from './ldif.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('LDIF (RFC 2849)', () => {
  it.each([
    ['plain text as it is', 'Alice Archer', 'cn: Alice Archer'],
    ['a colon inside as it is', 'a:b', 'cn: a:b'],
    ['a leading colon as base64', ':b', `cn:: ${base64(':b')}`],
    ['a leading less-than sign as base64', '<b', `cn:: ${base64('<b')}`],
    ['a leading space as base64', ' b', `cn:: ${base64(' b')}`],
    ['a trailing space as base64', 'b ', `cn:: ${base64('b ')}`],
    ['text beyond ASCII as base64', 'wörd', `cn:: ${base64('wörd')}`],
    ['a line break as base64', 'a\nb', `cn:: ${base64('a\nb')}`],
    ['an empty value as base64', '', 'cn:: '],
  ])('writes %s', (_case, value, line) => {
    expect(ldif([{ dn: 'dc=test', attributes: { cn: value } }])).toBe(`dn: dc=test\n${line}\n`);
  });

  it('writes one line for each value and a blank line between entries', () => {
    const text = ldif([
      { dn: 'dc=test', attributes: { objectClass: ['top', 'domain'] } },
      { dn: 'ou=people,dc=test', attributes: { ou: 'people' } },
    ]);
    expect(text).toBe('dn: dc=test\nobjectClass: top\nobjectClass: domain\n\ndn: ou=people,dc=test\nou: people\n');
  });
});
