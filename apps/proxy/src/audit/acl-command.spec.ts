import { describe, expect, it } from 'vitest';
import { aclCommand } from './acl-command.js';

const refused = { error: 'TOPIC_AUTHORIZATION_FAILED', operation: 'api.hdinsight.produce', kafkaName: 'cccccccc-0000-4000-8000-000000000002', resource: 'orders' } as const;

describe('the command that grants what Kafka refused', () => {
  it('names the principal as Kafka sees it, the operation and the topic', () => {
    expect(aclCommand(refused)).toBe("kafka-acls.sh --bootstrap-server <broker> --command-config <admin.properties> --add --allow-principal 'User:cccccccc-0000-4000-8000-000000000002' --operation Write --topic 'orders'");
  });
  it('names every operation that the call needs', () => {
    expect(aclCommand({ ...refused, operation: 'api.v2.topics.get' })).toContain('--operation Describe --operation DescribeConfigs --topic');
  });
  it.each([
    ['the gate refused, and not Kafka', { error: 'TOPIC_RULE_DENIED' }],
    ['nobody was refused', { error: undefined }],
    ['the topic is no name', { resource: "x'; rm -rf '" }],
    ['the principal is no name', { kafkaName: "x' y" }],
    ['nothing is known of the principal', { kafkaName: undefined }],
    ['the operation is about no topic', { operation: 'api.hdinsight.brokers.list' }],
  ] as const)('is not there when %s', (_sentence, over) => {
    expect(aclCommand({ ...refused, ...over })).toBeUndefined();
  });
});
