import type { ACL_OPERATIONS, PATTERN_TYPES, PERMISSIONS, RESOURCE_TYPES } from '../../protocol/kafka.names.js';
import type { CallOptions } from '../call.options.js';
import type { Each, Outcome } from './outcome.js';

/** Kafka's names; UNKNOWN is what a newer broker may tell and nobody may ask for. */
export type AclOperation = keyof typeof ACL_OPERATIONS;
export type AclResourceType = keyof typeof RESOURCE_TYPES;
export type AclPatternType = keyof typeof PATTERN_TYPES;
export type AclPermission = keyof typeof PERMISSIONS;

/** One rule of Kafka's authorizer. */
export interface AclBinding {
  readonly resourceType: AclResourceType | 'UNKNOWN';
  readonly resourceName: string;
  readonly patternType: AclPatternType | 'UNKNOWN';
  /** With its kind: `User:alice`. */
  readonly principal: string;
  readonly host: string;
  readonly operation: AclOperation | 'UNKNOWN';
  readonly permission: AclPermission | 'UNKNOWN';
}

/** What bindings to find; ANY and null match everything. MATCH finds every pattern that would apply to the name. */
export interface AclFilter {
  readonly resourceType: AclResourceType | 'ANY';
  readonly resourceName: string | null;
  readonly patternType: AclPatternType | 'ANY' | 'MATCH';
  readonly principal: string | null;
  readonly host: string | null;
  readonly operation: AclOperation | 'ANY';
  readonly permission: AclPermission | 'ANY';
}

/**
 * Rules for topics are put to the topic rule by the name in the binding, be it a literal, a prefix or `*`: what a prefix
 * reaches beyond its own name is for the gate's operation rule (I25).
 */
export interface AclsAdmin {
  /** @throws KafkaError CLUSTER_AUTHORIZATION_FAILED, SECURITY_DISABLED */
  describe(filter: AclFilter, options?: CallOptions): Promise<readonly AclBinding[]>;
  create(bindings: readonly AclBinding[], options?: CallOptions): Promise<readonly Each<{ readonly binding: AclBinding }>[]>;
  /**
   * One outcome a filter, with one for each binding that it found. Bindings are looked up first and deleted one by one, so that a
   * filter reaches none that the topic rule hides; such ones are left as they are.
   */
  delete(filters: readonly AclFilter[], options?: CallOptions): Promise<readonly AclDeletion[]>;
}

export type AclDeletion = { readonly filter: AclFilter } & Outcome<{ readonly bindings: readonly Each<{ readonly binding: AclBinding }>[] }>;
