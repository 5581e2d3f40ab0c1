import { KafkaError } from '@postern/kafka';

const TOPIC = /^[A-Za-z0-9._-]{1,249}$/;

/** A name that Kafka allows, decoded once by the router. @throws KafkaError INVALID_TOPIC before Kafka is asked */
export const topicParameter = (name: string): string => {
  if (!TOPIC.test(name) || name === '.' || name === '..') throw new KafkaError('INVALID_TOPIC');
  return name;
};
