import { KafkaError, isKafkaError } from '../../errors/kafka-error.js';
import type { AdminCall, ItemAnswer } from '../admin.call.js';
import { brokerIds } from '../cluster/each.broker.js';
import { GROUP, type WireResource } from './config.resource.js';

export interface ResourceAnswer extends ItemAnswer {
  readonly resourceType: number;
  readonly resourceName: string;
}

export interface Answers<Answer> {
  readonly items: readonly Answer[];
  readonly throttleTimeMs: number;
}

const keyOf = ({ resourceType, resourceName }: Pick<ResourceAnswer, 'resourceType' | 'resourceName'>): string => `${resourceType}/${resourceName}`;

/**
 * Which request a resource goes in. Groups have one of their own: brokers before Kafka 4.0 do not know the kind, and answer a
 * whole DescribeConfigs request that names one with error 42.
 */
const placeOf = ({ brokerId, resourceType }: WireResource): number | 'groups' | 'any' => brokerId ?? (resourceType === GROUP ? 'groups' : 'any');

/**
 * Sends each resource where it is known: a broker's settings to that broker, everything else together to any (groups apart). Gives back, in the
 * order of `resources`, each one's answer or why its broker could not be asked.
 * @throws KafkaError when the request for everything else could not be made
 */
export const askByBroker = async <Answer extends ResourceAnswer>(
  call: AdminCall,
  resources: readonly WireResource[],
  ask: (brokerId: number | null, indexes: readonly number[]) => Promise<Answers<Answer>>,
): Promise<readonly { readonly answer: Answer | KafkaError | undefined; readonly throttleTimeMs: number }[]> => {
  const requests = Map.groupBy(resources.keys(), (i) => placeOf(resources[i] as WireResource));
  const known = resources.some(({ brokerId }) => brokerId !== null) ? await brokerIds(call) : [];
  const found = Array.from<{ answer: Answer | KafkaError | undefined; throttleTimeMs: number }>({ length: resources.length });
  await Promise.all(
    [...requests].map(async ([place, indexes]) => {
      const brokerId = typeof place === 'number' ? place : null;
      const answers = await oneGroup(brokerId, known, () => ask(brokerId, indexes));
      const byKey = answers instanceof KafkaError ? null : new Map(answers.items.map((item) => [keyOf(item), item]));
      for (const i of indexes) found[i] = answers instanceof KafkaError ? { answer: answers, throttleTimeMs: 0 } : { answer: byKey?.get(keyOf(resources[i] as WireResource)), throttleTimeMs: answers.throttleTimeMs };
    }),
  );
  return found;
};

const oneGroup = async <T>(brokerId: number | null, known: readonly number[], ask: () => Promise<T>): Promise<T | KafkaError> => {
  if (brokerId === null) return ask();
  if (!known.includes(brokerId)) return new KafkaError('UNKNOWN_RESOURCE', { resource: `broker ${brokerId}` });
  try {
    return await ask();
  } catch (error) {
    if (isKafkaError(error)) return error;
    throw error;
  }
};
