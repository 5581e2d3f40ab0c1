import { describe, expect, it } from 'vitest';
import { JsonCursor } from '../json/json-cursor.js';
import { binaryCodec } from './binary.codec.js';
import { jsonCodec } from './json.codec.js';
import type { RecordCodec } from './codec.js';

const encode = (codec: RecordCodec, json: string) => {
  const body = Buffer.from(json);
  return codec.encode(body, new JsonCursor(body).value());
};

describe('binary: base64 text ↔ bytes', () => {
  it.each([
    ['padded', '"aGk="', 'hi'],
    ['without padding', '"aGk"', 'hi'],
    ['empty text is empty bytes, not null', '""', ''],
    ['a slash that JSON escaped', '"Pz8\\/"', '???'],
  ])('%s', (_, json, text) => {
    expect(encode(binaryCodec, json)).toEqual({ kind: 'bytes', bytes: Buffer.from(text) });
  });

  it('null is a tombstone', () => {
    expect(encode(binaryCodec, 'null')).toEqual({ kind: 'bytes', bytes: null });
  });

  it.each([
    ['a number', '1'],
    ['an object', '{"a":1}'],
    ['the URL alphabet', '"_-8="'],
    ['white space inside', '"aG k="'],
    ['too much padding', '"aGk=="'],
    ['one digit too many', '"aGkaG"'],
  ])('refuses %s', (_, json) => {
    expect(encode(binaryCodec, json).kind).toBe('unfit');
  });
});

describe('json: any JSON as its own compact text', () => {
  it.each([
    ['an object', '{ "n" : 1.0 }', '{"n":1.0}'],
    ['a string keeps its quotes', '"x"', '"x"'],
    ['an empty string is two quotes', '""', '""'],
    ['false', 'false', 'false'],
  ])('%s', (_, json, text) => {
    expect(encode(jsonCodec, json)).toEqual({ kind: 'bytes', bytes: Buffer.from(text) });
  });

  it('null is a tombstone', () => {
    expect(encode(jsonCodec, 'null')).toEqual({ kind: 'bytes', bytes: null });
  });
});
