import type { CallOptions } from '../call.options.js';
import type { Each } from './outcome.js';
import type { ChangeOptions } from './topics.admin.port.js';

export type QuotaEntityType = 'user' | 'client-id' | 'ip';

/** Whom a quota is for: one or more parts; a null name means the default of its kind (KIP-546). */
export type QuotaEntity = readonly { readonly type: QuotaEntityType; readonly name: string | null }[];

export type QuotaKey = 'producer_byte_rate' | 'consumer_byte_rate' | 'request_percentage' | 'connection_creation_rate' | 'controller_mutation_rate';

export interface QuotaFilter {
  readonly parts: readonly { readonly type: QuotaEntityType; readonly match: { readonly name: string } | 'default' | 'any' }[];
  /** Only entities that have exactly these parts. */
  readonly strict: boolean;
}

export interface QuotaEntry {
  readonly entity: QuotaEntity;
  readonly values: ReadonlyMap<string, number>;
}

export interface QuotasAdmin {
  /** @throws KafkaError CLUSTER_AUTHORIZATION_FAILED, INVALID_REQUEST */
  describe(filter: QuotaFilter, options?: CallOptions): Promise<readonly QuotaEntry[]>;
  /** A null value takes the limit away. */
  alter(alterations: readonly { readonly entity: QuotaEntity; readonly changes: ReadonlyMap<QuotaKey, number | null> }[], options?: ChangeOptions): Promise<readonly Each<{ readonly entity: QuotaEntity }>[]>;
}
