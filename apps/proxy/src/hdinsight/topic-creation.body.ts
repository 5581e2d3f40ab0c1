import { JsonCursor, JsonFault } from '@postern/schema';
import type { NewTopic } from '@postern/kafka';
import { RequestError } from '../http/request-error.js';

const bad = (sentence: string) => new RequestError('BAD_REQUEST', `Bad Request: ${sentence}.`);
const shown = (name: string): string => (name.length > 64 ? `${name.slice(0, 64)}…` : name);

/**
 * The optional body of PUT /v1/topics/{topic}: `partition_count`, `replication_factor`, `topic_properties` whose values may
 * be of any JSON type and become strings with their own digits (the sample sends 604800000 and "1").
 * @throws RequestError INVALID_JSON, BAD_REQUEST
 */
export const parseTopicCreation = (name: string, body: Buffer): NewTopic => {
  if (body.length === 0) return { name, partitions: null, replicationFactor: null, configs: new Map() };
  try {
    return readCreation(name, body);
  } catch (error) {
    if (error instanceof JsonFault) throw new RequestError('INVALID_JSON', `Bad Request: ${error.message}.`);
    throw error;
  }
};

const readCreation = (name: string, body: Buffer): NewTopic => {
  const cursor = new JsonCursor(body, 16);
  let partitions: number | null = null;
  let replicationFactor: number | null = null;
  let configs = new Map<string, string | null>();
  cursor.object((member) => {
    switch (member) {
      case 'partition_count':
        partitions = positive(cursor, body, member);
        return;
      case 'replication_factor':
        replicationFactor = positive(cursor, body, member);
        return;
      case 'topic_properties':
        configs = properties(cursor, body);
        return;
      default:
        throw bad(`unrecognized field ${shown(member)}`);
    }
  });
  if (!cursor.atEnd()) throw bad('text after the end of the JSON value');
  return { name, partitions, replicationFactor, configs };
};

const text = (cursor: JsonCursor, body: Buffer): string => {
  const { start, end } = cursor.value();
  return body.toString('utf8', start, end);
};

const positive = (cursor: JsonCursor, body: Buffer, member: string): number | null => {
  const json = text(cursor, body);
  if (json === 'null') return null;
  if (!/^[1-9]\d{0,8}$/.test(json)) throw bad(`${member} must be a whole number above zero`);
  return Number(json);
};

const properties = (cursor: JsonCursor, body: Buffer): Map<string, string | null> => {
  const configs = new Map<string, string | null>();
  cursor.object((property) => {
    const json = text(cursor, body);
    if (json.startsWith('{') || json.startsWith('[') || json === 'null') throw bad(`the property ${shown(property)} must be a string, a number or a boolean`);
    configs.set(property, json.startsWith('"') ? (JSON.parse(json) as string) : json);
  });
  return configs;
};
