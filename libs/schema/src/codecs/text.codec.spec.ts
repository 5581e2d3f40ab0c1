import { describe, expect, it } from 'vitest';
import { JsonCursor } from '../json/json-cursor.js';
import { decodeText, encodeText } from './text.codec.js';

const stored = (json: string): string | null => {
  const body = Buffer.from(json);
  return decodeText(encodeText(body, new JsonCursor(body).value()));
};

describe('a value of the HDInsight API is stored', () => {
  it.each([
    ['a string as its own text, without quotes', '"**********"', '**********'],
    ['a serialised string untouched', '"{\\"a\\": 1}"', '{"a": 1}'],
    ['an empty string as nothing', '""', ''],
    ['an integer with its digits', '9007199254740993', '9007199254740993'],
    ['a float with its digits', '3.1415926535897932', '3.1415926535897932'],
    ['an object compact, in member order', '{ "b": 1.0, "a": [ true, null ] }', '{"b":1.0,"a":[true,null]}'],
    ['escaped text inside an object as UTF-8', '{"k":"caf\\u00e9 \\ud83d\\ude00"}', '{"k":"café 😀"}'],
    ['what JSON must escape stays escaped', '{"k":"a\\"b\\\\u00e9\\u0009\\u0022\\n"}', '{"k":"a\\"b\\\\u00e9\\u0009\\u0022\\n"}'],
    ['half a surrogate stays escaped', '{"k":"\\ud83d!"}', '{"k":"\\ud83d!"}'],
    ['null as a tombstone', 'null', null],
  ])('%s', (_, json, text) => expect(stored(json)).toBe(text));
});
