import { KafkaError } from '../errors/kafka-error.js';
import { isTopicName } from '../protocol/topic-name.js';
import type { TopicOperation, TopicRule } from './kafka-credential.js';

/** What the caller's topic rule says of a name (I25), with the rule's own name where it tells one. */
export const ruleRefusal = (rule: TopicRule, name: string, operation: TopicOperation): KafkaError | null =>
  rule.admits(name, operation) ? null : new KafkaError('TOPIC_RULE_DENIED', { resource: name, refusedBy: rule.refusedBy?.(name, operation) ?? undefined });

/** The same for names that came from outside, which may be none. */
export const topicRefusal = (rule: TopicRule, name: string, operation: TopicOperation): KafkaError | null =>
  isTopicName(name) ? ruleRefusal(rule, name, operation) : new KafkaError('INVALID_TOPIC', { resource: name.slice(0, 249) });
