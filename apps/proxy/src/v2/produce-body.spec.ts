import { describe, expect, it } from 'vitest';
import { KafkaError } from '@postern/kafka';
import { RequestError } from '../http/request-error.js';
import { parseProduceBody } from './produce-body.js';
import { topicParameter } from '../http/topic-parameter.js';
import { partitionParameter } from './path-parameters.js';

const limits = { records: 3, depth: 10 };
const parse = (text: string, format: 'json' | 'binary' = 'json', partition: number | null = null) => parseProduceBody(Buffer.from(text), 't', format, limits, partition);
const refusal = async (text: string, format: 'json' | 'binary' = 'json'): Promise<string> => {
  try {
    await parse(text, format);
  } catch (error) {
    if (error instanceof RequestError) return `${error.code}: ${error.sentence}`;
    throw error;
  }
  return 'accepted';
};

describe('a v2 produce body becomes records', () => {
  it('keeps keys, values and partitions, and what is absent is null', async () => {
    expect(await parse('{"records":[{"key":"k","value":{"n":1}},{"value":null,"partition":2},{}]}')).toEqual([
      { topic: 't', partition: null, key: Buffer.from('"k"'), value: Buffer.from('{"n":1}') },
      { topic: 't', partition: 2, key: null, value: null },
      { topic: 't', partition: null, key: null, value: null },
    ]);
  });

  it('takes the partition of the path for a record that names none', async () => {
    expect((await parse('{"records":[{"value":1},{"value":2,"partition":0}]}', 'json', 5)).map((record) => record.partition)).toEqual([5, 0]);
  });

  it('decodes base64 in the binary format', async () => {
    expect((await parse('{"records":[{"key":"aw==","value":""}]}', 'binary'))[0]).toMatchObject({ key: Buffer.from('k'), value: Buffer.alloc(0) });
  });

  it('keeps a number beyond 2^53, __proto__ and escapes as they were written', async () => {
    const value = '{"__proto__":{"a":9007199254740993},"t":"\\u00e9"}';
    expect((await parse(`{"records":[{"value":${value}}]}`))[0]?.value?.toString()).toBe(value);
    expect(({} as Record<string, unknown>)['a']).toBeUndefined();
  });
});

describe('a v2 produce body is refused', () => {
  it.each([
    ['when it is empty', '', 'UNPROCESSABLE'],
    ['when it is null', 'null', 'UNPROCESSABLE'],
    ['when records are missing', '{}', 'UNPROCESSABLE'],
    ['when records are null', '{"records":null}', 'UNPROCESSABLE'],
    ['when records are empty', '{"records":[]}', 'UNPROCESSABLE'],
    ['when it is no JSON', '{"records":[{"value":1}', 'INVALID_JSON'],
    ['when text follows the value', '{"records":[{"value":1}]} x', 'INVALID_JSON'],
    ['when it nests too deep', `{"records":[{"value":${'['.repeat(12)}${']'.repeat(12)}}]}`, 'INVALID_JSON'],
    ['when it is an array', '[]', 'BAD_REQUEST'],
    ['when records is no array', '{"records":{}}', 'BAD_REQUEST'],
    ['when a record is no object', '{"records":[1]}', 'BAD_REQUEST'],
    ['when a member stands twice', '{"records":[{"value":1,"value":2}]}', 'BAD_REQUEST'],
    ['when partition is a float', '{"records":[{"partition":1.5}]}', 'BAD_REQUEST'],
    ['when partition is text', '{"records":[{"partition":"1"}]}', 'BAD_REQUEST'],
    ['when partition has more than 32 bits', '{"records":[{"partition":2147483648}]}', 'BAD_REQUEST'],
    ['when it has more records than allowed', '{"records":[{},{},{},{}]}', 'TOO_MANY_RECORDS'],
    ['with a schema member', '{"records":[{}],"value_schema":"{}"}', 'UNRECOGNIZED_FIELD: Unrecognized field: value_schema'],
    ['with an unknown member of a record', '{"records":[{"headers":[]}]}', 'UNRECOGNIZED_FIELD: Unrecognized field: headers'],
    ['with __proto__ as a control field', '{"__proto__":1,"records":[{}]}', 'UNRECOGNIZED_FIELD: Unrecognized field: __proto__'],
  ])('%s', async (_, text, expected) => {
    expect(await refusal(text)).toContain(expected);
  });

  it('when a value is no base64, naming the data', async () => {
    expect(await refusal('{"records":[{"value":"%%"}]}', 'binary')).toBe('UNFIT_RECORD: Bad Request: data="%%" is not a valid base64 string.');
  });
});

describe('path parameters', () => {
  it.each(['a', 'A.b_c-9', 'x'.repeat(249)])('topic %s', (name) => expect(topicParameter(name)).toBe(name));
  it.each([['.'], ['..'], ['a/b'], ['a b'], ['a\0'], ['x'.repeat(250)], [''], ['é'], ['%2e']])('no topic: %j', (name) => expect(() => topicParameter(name)).toThrow(KafkaError));
  it.each([['0', 0], ['2147483647', 2_147_483_647]])('partition %s', (text, number) => expect(partitionParameter(text)).toBe(number));
  it.each(['-1', '1e3', 'abc', '2147483648', '99999999999', '', '0x1'])('no partition: %j', (text) => expect(() => partitionParameter(text)).toThrow(RequestError));
});
