import { describe, expect, it } from 'vitest';
import { readBasicCredential } from './basic.credential.js';

const basic = (text: string | Buffer) => `Basic ${Buffer.from(text).toString('base64')}`;

describe('readBasicCredential', () => {
  it.each([
    ['a plain password', 'alice:alice-secret', 'alice', 'alice-secret'],
    ['a password with colons', 'dave:a:b:c', 'dave', 'a:b:c'],
    ['a password with blanks and UTF-8', 'dave:p:a:ss wörd', 'dave', 'p:a:ss wörd'],
    ['a password that ends in a blank', 'dave:secret ', 'dave', 'secret '],
    ['a name with characters of filters', '*)(uid=*:x', '*)(uid=*', 'x'],
  ])('%s is kept whole', (_sentence, text, loginName, password) => {
    expect(readBasicCredential(basic(text))).toEqual({ kind: 'credential', loginName, password });
  });

  it.each<readonly [string, string, string]>([
    ['an empty password', basic('alice:'), 'refused-form'],
    ['an empty name', basic(':secret'), 'refused-form'],
    ['a name of blanks', basic('  :secret'), 'refused-form'],
    ['a NUL in the password', basic('alice:se\u0000cret'), 'refused-form'],
    ['a control character in the name', basic('ali\u001bce:secret'), 'refused-form'],
    ['a C1 control in the password', basic('alice:se\u0085cret'), 'refused-form'],
    ['a name of 257 characters', basic(`${'a'.repeat(257)}:x`), 'refused-form'],
    ['a password of 1025 bytes', basic(`alice:${'x'.repeat(1025)}`), 'refused-form'],
    ['no colon', basic('alice'), 'malformed'],
    ['Latin-1 bytes', basic(Buffer.from('alice:p\xe4ss', 'latin1')), 'malformed'],
    ['an overlong UTF-8 form', basic(Buffer.from([0x61, 0x3a, 0xc0, 0xae])), 'malformed'],
    ['base64 with stray bits', 'Basic YWxpY2U6eA==='.slice(0, -1).replace('eA==', 'eB=='), 'malformed'],
    ['another scheme', `Bearer ${'a'.repeat(8)}`, 'malformed'],
  ])('%s is refused before any directory traffic', (_sentence, header, reason) => {
    expect(readBasicCredential(header)).toEqual({ kind: 'refused', reason });
  });
});
