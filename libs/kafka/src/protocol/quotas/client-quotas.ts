import { alterClientQuotasV1, describeClientQuotasV1 } from '@platformatic/kafka';
import { KafkaError } from '../../errors/kafka-error.js';
import type { Each } from '../../session/admin/outcome.js';
import type { QuotaEntity, QuotaEntry, QuotaFilter, QuotaKey } from '../../session/admin/quotas.admin.port.js';
import { type AdminCall, itemError, outcomeOf } from '../admin.call.js';
import { changeCall } from '../change.call.js';
import { type Api, codec } from '../codecs.js';
import { readCall } from '../read.call.js';
import { entityKey, fromWireEntity, toWireEntry, toWireFilter } from './quota.wire.js';

const DESCRIBE_QUOTAS: Api<Parameters<typeof describeClientQuotasV1.createRequest>, ReturnType<typeof describeClientQuotasV1.parseResponse>> = { key: 48, name: 'DescribeClientQuotas', codecs: [codec(describeClientQuotasV1)] };

const ALTER_QUOTAS: Api<Parameters<typeof alterClientQuotasV1.createRequest>, ReturnType<typeof alterClientQuotasV1.parseResponse>> = { key: 49, name: 'AlterClientQuotas', codecs: [codec(alterClientQuotasV1)] };

/** KIP-546. @throws KafkaError of the call as a whole */
export const describeQuotas = async (call: AdminCall, filter: QuotaFilter): Promise<readonly QuotaEntry[]> => {
  const { entries, ...answer } = await readCall(call.connections, call.clock, DESCRIBE_QUOTAS, [toWireFilter(filter), filter.strict], call.deadline);
  const error = itemError(answer, 'other', 'cluster', answer.throttleTimeMs);
  if (error !== null) throw error;
  return (entries ?? [])
    .map(({ entity, values }) => ({ entity: fromWireEntity(entity), values: new Map(values.map(({ key, value }) => [key, value])) }))
    .sort((a, b) => (entityKey(a.entity) < entityKey(b.entity) ? -1 : 1));
};

export interface QuotaAlteration {
  readonly entity: QuotaEntity;
  readonly changes: ReadonlyMap<QuotaKey, number | null>;
}

export const alterQuotas = async (call: AdminCall, alterations: readonly QuotaAlteration[], validateOnly: boolean): Promise<readonly Each<{ readonly entity: QuotaEntity }>[]> => {
  if (alterations.length === 0) return [];
  const wire = alterations.map(({ entity, changes }) => toWireEntry(entity, changes));
  const { entries, throttleTimeMs } = await changeCall(call.connections, call.clock, ALTER_QUOTAS, [wire, validateOnly], call.deadline);
  const answers = new Map(entries.map((entry) => [entityKey(fromWireEntity(entry.entity)), entry]));
  return alterations.map(({ entity }) => {
    const answer = answers.get(entityKey(entity));
    return { entity, ...outcomeOf(answer === undefined ? new KafkaError('OUTCOME_UNKNOWN') : itemError(answer, 'other', entityKey(entity), throttleTimeMs), {}) };
  });
};
