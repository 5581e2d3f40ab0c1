import { describe, expect, it } from 'vitest';
import { readCompactToken } from './compact-token.js';
import { parseStrictObject } from './strict-json.js';

const part = (json: string | Buffer) => Buffer.from(json).toString('base64url');
const token = (header: string, payload: string | Buffer) => `${part(header)}.${part(payload)}.c2ln`;
const HEADER = '{"alg":"RS256"}';

describe('readCompactToken', () => {
  it('reads header and payload', () => {
    expect(readCompactToken(token(HEADER, '{"iss":"https://a"}'))).toEqual({ header: { alg: 'RS256' }, payload: { iss: 'https://a' } });
  });
  it.each([
    ['an opaque token', 'mF_9B5f'],
    ['a JWE of five parts', `${token(HEADER, '{}')}.YQ.YQ`],
    ['two parts', 'YQ.YQ'],
    ['padding', `${part(HEADER)}=.${part('{"a":1}')}.c2ln`],
    ['an appended newline', `${token(HEADER, '{"a":1}')}\n`],
    ['an appended blank', `${token(HEADER, '{"a":1}')} `],
    ['a header that is null', token('null', '{"a":1}')],
    ['a payload that is an array', token(HEADER, '[1]')],
    ['a payload that is no JSON', token(HEADER, '{a}')],
    ['duplicate members in the header', token('{"alg":"RS256","alg":"none"}', '{"a":1}')],
    ['duplicate members in the payload', token(HEADER, '{"sub":"a","sub":"b"}')],
    ['payload bytes that are no UTF-8', token(HEADER, Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))],
    ['a payload over the cap', token(HEADER, `{"a":"${'x'.repeat(9000)}"}`)],
  ])('%s is no token', (_sentence, text) => {
    expect(readCompactToken(text)).toBeNull();
  });
});

describe('parseStrictObject', () => {
  it.each([
    ['at the top', '{"a":1,"a":2}'],
    ['deep inside', '{"x":[{"b":{"c":1,"d":2,"c":3}}]}'],
    ['when one is written with an escape', String.raw`{"sub":"a","\u0073ub":"b"}`],
    ['behind a value that holds braces and quotes', String.raw`{"a":"}\"{","b":1,"b":2}`],
  ])('refuses duplicate members %s', (_sentence, json) => {
    expect(parseStrictObject(json)).toBeNull();
  });
  it.each([
    ['the same name in two objects', '{"a":{"k":1},"b":{"k":2},"k":3}'],
    ['a name that is also a value', '{"a":"b","b":"a"}'],
    ['strings in arrays that repeat', '{"a":["x","x"]}'],
    ['__proto__ as an ordinary name', '{"__proto__":1,"a":2}'],
  ])('takes %s', (_sentence, json) => {
    expect(parseStrictObject(json)).not.toBeNull();
  });
});

describe('tokens that were read before', () => {
  it('are told apart by every character, the signature included', () => {
    const one = token(HEADER, '{"iss":"https://one"}');
    expect(readCompactToken(one)).toBe(readCompactToken(one));
    expect(readCompactToken(token(HEADER, '{"iss":"https://two"}'))?.payload).toEqual({ iss: 'https://two' });
    expect(readCompactToken(`${one}\n`)).toBeNull();
  });
  it('do not pile up when strangers send thousands of large ones', () => {
    const large = (n: number) => token(HEADER, `{"n":${n},"a":${'['.repeat(3_900)}${']'.repeat(3_900)}}`);
    const first = readCompactToken(large(0));
    for (let n = 1; n <= 1_000; n += 1) readCompactToken(large(n));
    // Read anew: it had to leave long before five thousand others came.
    expect(readCompactToken(large(0))).not.toBe(first);
  }, 60_000);
});
