/** Kafka's own names of what its protocol numbers (org.apache.kafka.common.acl, .resource, .config). */
export const ACL_OPERATIONS = {
  ALL: 2,
  READ: 3,
  WRITE: 4,
  CREATE: 5,
  DELETE: 6,
  ALTER: 7,
  DESCRIBE: 8,
  CLUSTER_ACTION: 9,
  DESCRIBE_CONFIGS: 10,
  ALTER_CONFIGS: 11,
  IDEMPOTENT_WRITE: 12,
  CREATE_TOKENS: 13,
  DESCRIBE_TOKENS: 14,
  TWO_PHASE_COMMIT: 15,
} as const;

export const RESOURCE_TYPES = { TOPIC: 2, GROUP: 3, CLUSTER: 4, TRANSACTIONAL_ID: 5, DELEGATION_TOKEN: 6, USER: 7 } as const;

export const PATTERN_TYPES = { LITERAL: 3, PREFIXED: 4 } as const;

export const PERMISSIONS = { DENY: 2, ALLOW: 3 } as const;

export const CONFIG_SOURCES = {
  DYNAMIC_TOPIC_CONFIG: 1,
  DYNAMIC_BROKER_CONFIG: 2,
  DYNAMIC_DEFAULT_BROKER_CONFIG: 3,
  STATIC_BROKER_CONFIG: 4,
  DEFAULT_CONFIG: 5,
  DYNAMIC_BROKER_LOGGER_CONFIG: 6,
  DYNAMIC_CLIENT_METRICS_CONFIG: 7,
  DYNAMIC_GROUP_CONFIG: 8,
} as const;

export const CONFIG_TYPES = { BOOLEAN: 1, STRING: 2, INT: 3, SHORT: 4, LONG: 5, DOUBLE: 6, LIST: 7, CLASS: 8, PASSWORD: 9 } as const;

/** A newer broker may send a number that this table does not know. */
export const nameOf = <Name extends string>(table: Readonly<Record<Name, number>>, code: number): Name | 'UNKNOWN' =>
  (Object.entries(table) as [Name, number][]).find(([, known]) => known === code)?.[0] ?? 'UNKNOWN';

/** What a caller may do, from the bit field of a description; null where the broker was not asked (KIP-430). */
export const authorizedOperations = (bits: number): readonly (keyof typeof ACL_OPERATIONS)[] | null => {
  if (bits === -2_147_483_648) return null;
  return (Object.entries(ACL_OPERATIONS) as [keyof typeof ACL_OPERATIONS, number][]).flatMap(([name, bit]) => ((bits >>> bit) & 1 ? [name] : []));
};
