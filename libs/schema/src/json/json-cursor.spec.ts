import { describe, expect, it } from 'vitest';
import { compactJson } from './compact.js';
import { JsonCursor } from './json-cursor.js';
import { JsonFault } from './json-fault.js';

const stored = (text: string): string => {
  const bytes = Buffer.from(text);
  const cursor = new JsonCursor(bytes);
  const slice = cursor.value();
  expect(cursor.atEnd()).toBe(true);
  return compactJson(bytes, slice).toString();
};

const fault = (text: string | Buffer, maxDepth = 1000): JsonFault => {
  try {
    const cursor = new JsonCursor(Buffer.from(text), maxDepth);
    cursor.value();
    if (!cursor.atEnd()) return new JsonFault('syntax', cursor.position, 'trailing text');
  } catch (error) {
    if (error instanceof JsonFault) return error;
    throw error;
  }
  throw new Error('no fault');
};

describe('JsonCursor keeps what the caller wrote', () => {
  it.each([
    ['a number beyond 2^53', '9007199254740993'],
    ['a decimal with a trailing zero', '1.0'],
    ['a number that no double can hold', '1e999'],
    ['negative zero', '-0'],
    ['an exponent as it is spelt', '-1.50E+07'],
    ['member order and duplicate members', '{"b":1,"a":2,"b":3}'],
    ['__proto__ as an ordinary key', '{"__proto__":{"x":1},"constructor":null}'],
    ['escapes as they are spelt', '"\\u00e9\\n\\/\\ud800"'],
    ['Unicode as it is', '"é 漢字 😀"'],
    ['empty containers', '[[],{},""]'],
    ['words', '[true,false,null]'],
  ])('%s', (_, text) => {
    expect(stored(text)).toBe(text);
  });

  it('takes white space out between tokens and nowhere else', () => {
    expect(stored(' { "a b" : [ 1 ,\n2 ] ,\t"c\\" d" : " x " } ')).toBe('{"a b":[1,2],"c\\" d":" x "}');
  });

  it('hands out a view into the body where nothing has to be taken out', () => {
    const bytes = Buffer.from('{"a":1}');
    const slice = new JsonCursor(bytes).value();
    expect(compactJson(bytes, slice).buffer).toBe(bytes.buffer);
  });
});

describe('JsonCursor refuses what is no JSON', () => {
  it.each([
    ['nothing', ''],
    ['a bare word', 'nul'],
    ['a wrong word', 'nuLl'],
    ['a comma before a closing bracket', '[1,]'],
    ['a comma before a closing brace', '{"a":1,}'],
    ['a missing colon', '{"a" 1}'],
    ['a member without quotes', '{a:1}'],
    ['a leading zero', '01'],
    ['a plus sign', '+1'],
    ['a dot without digits', '1.'],
    ['an exponent without digits', '1e'],
    ['NaN', 'NaN'],
    ['single quotes', "'a'"],
    ['an unterminated string', '"abc'],
    ['a control character in a string', '"a\nb"'],
    ['a bad escape', '"\\x"'],
    ['a short unicode escape', '"\\u12"'],
    ['a byte order mark', '\uFEFF1'],
    ['a comment', '/* */1'],
    ['mismatched brackets', '[1}'],
    ['an open array', '[1'],
    ['two values', '1 2'],
  ])('%s', (_, text) => {
    expect(fault(text)).toBeInstanceOf(JsonFault);
  });

  it('invalid UTF-8', () => {
    expect(fault(Buffer.from([0x22, 0xc0, 0xae, 0x22])).reason).toBe('utf8');
  });

  it('one level more than allowed, and not one less', () => {
    expect(fault('['.repeat(11) + ']'.repeat(11), 10).reason).toBe('depth');
    const bytes = Buffer.from('['.repeat(10) + ']'.repeat(10));
    expect(new JsonCursor(bytes, 10).value().end).toBe(20);
  });

  it('100,000 levels without a stack overflow', () => {
    expect(fault('['.repeat(100_000)).reason).toBe('depth');
  });

  it('agrees with JSON.parse on every prefix and single-byte change of a sample', () => {
    const sample = '{"a":[1,-2.5e3,"x\\u0041y"],"b":{"c":null,"d":true}}';
    const texts = Array.from(sample).flatMap((_, i) => [sample.slice(0, i), ...['"', ',', '}', '0', '\\', ' '].map((c) => sample.slice(0, i) + c + sample.slice(i + 1))]);
    for (const text of texts) {
      const theirs = (() => {
        try {
          JSON.parse(text);
          return true;
        } catch {
          return false;
        }
      })();
      const ours = (() => {
        try {
          stored(text);
          return true;
        } catch {
          return false;
        }
      })();
      expect(`${text} ${ours}`).toBe(`${text} ${theirs}`);
    }
  });
});
