/** Kafka's own rule (org.apache.kafka.common.internals.Topic): asking a broker about any other name is a waste. */
export const isTopicName = (name: string): boolean => name.length > 0 && name.length <= 249 && name !== '.' && name !== '..' && /^[a-zA-Z0-9._-]+$/.test(name);
