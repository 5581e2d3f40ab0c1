import type { OperationName } from '../gate/operation.js';
import type { RequestRecord } from './request-record.js';

/** What Kafka's authorizer asks for on the topic, as kafka-acls spells it. */
const NEEDED: Partial<Record<OperationName, readonly string[]>> = {
  'api.v2.topics.get': ['Describe', 'DescribeConfigs'],
  'api.v2.partitions.list': ['Describe'],
  'api.v2.produce-to-topic': ['Write'],
  'api.v2.produce-to-partition': ['Write'],
  'api.hdinsight.topics.create': ['Create'],
  'api.hdinsight.topics.delete': ['Delete'],
  'api.hdinsight.partitions.list': ['Describe'],
  'api.hdinsight.partitions.get': ['Describe'],
  'api.hdinsight.produce': ['Write'],
  'api.hdinsight.consume': ['Read'],
};

/** Names that a shell reads as themselves between quotes. Both sets are narrower than this; what is not is left out. */
const TOPIC = /^[A-Za-z0-9._-]{1,249}$/;
const PRINCIPAL = /^[A-Za-z0-9][A-Za-z0-9._@/-]{0,127}$/;

/**
 * After Kafka's own refusal: the command that gives this very caller the right that it lacked, for the operator who reads the
 * audit record. Nothing of it goes to the caller, who does not decide what it may do.
 */
export const aclCommand = ({ error, operation, kafkaName, resource }: Pick<RequestRecord, 'error' | 'operation' | 'kafkaName' | 'resource'>): string | undefined => {
  const operations = NEEDED[operation];
  if (error !== 'TOPIC_AUTHORIZATION_FAILED' || operations === undefined || !TOPIC.test(resource ?? '') || !PRINCIPAL.test(kafkaName ?? '')) return undefined;
  return `kafka-acls.sh --bootstrap-server <broker> --command-config <admin.properties> --add --allow-principal 'User:${kafkaName}' ${operations.map((each) => `--operation ${each}`).join(' ')} --topic '${resource}'`;
};
