import { KafkaError } from '@postern/kafka';
import { RequestError } from '../http/request-error.js';

const TOPIC = /^[A-Za-z0-9._-]{1,249}$/;

/** A name that Kafka allows, decoded once by the router. @throws KafkaError INVALID_TOPIC before Kafka is asked */
export const topicParameter = (name: string): string => {
  if (!TOPIC.test(name) || name === '.' || name === '..') throw new KafkaError('INVALID_TOPIC');
  return name;
};

/** Not a number of a partition → 404/404, as parameters that cannot be converted are answered (Confluent contract 0.1). */
export const partitionParameter = (text: string): number => {
  const number = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
  if (!(number < 2 ** 31)) throw new RequestError('PARAMETER_NOT_FOUND');
  return number;
};
