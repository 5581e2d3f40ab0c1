import { type alterClientQuotasV1, type describeClientQuotasV1 } from '@platformatic/kafka';
import type { QuotaEntity, QuotaEntityType, QuotaFilter, QuotaKey } from '../../session/admin/quotas.admin.port.js';

const EXACT = 0;
const DEFAULT = 1;
const ANY = 2;

export const toWireFilter = ({ parts }: QuotaFilter): Parameters<typeof describeClientQuotasV1.createRequest>[0] =>
  parts.map(({ type, match }) => {
    if (match === 'default') return { entityType: type, matchType: DEFAULT };
    if (match === 'any') return { entityType: type, matchType: ANY };
    return { entityType: type, matchType: EXACT, match: match.name };
  });

export const fromWireEntity = (entity: readonly { readonly entityType: string; readonly entityName?: string | null }[]): QuotaEntity =>
  entity.map(({ entityType, entityName }) => ({ type: entityType as QuotaEntityType, name: entityName ?? null })).sort((a, b) => (a.type < b.type ? -1 : 1));

/** The same entity has the same key whatever the order of its parts. */
export const entityKey = (entity: QuotaEntity): string => JSON.stringify(entity.map(({ type, name }) => [type, name]).sort(([a], [b]) => (a === b ? 0 : `${a}` < `${b}` ? -1 : 1)));

export const toWireEntry = (entity: QuotaEntity, changes: ReadonlyMap<QuotaKey, number | null>): Parameters<typeof alterClientQuotasV1.createRequest>[0][number] => ({
  entities: entity.map(({ type, name }) => ({ entityType: type, entityName: name })),
  ops: [...changes].map(([key, value]) => (value === null ? { key, remove: true } : { key, value, remove: false })),
});
