import { KafkaError } from '../../errors/kafka-error.js';
import type { Each, PartitionName } from '../../session/admin/outcome.js';
import { type AdminCall, brokerTimeout, itemError, outcomeOf, withAdmitted } from '../admin.call.js';
import { changeCall } from '../change.call.js';
import { partitionKey } from '../groups/group-offsets.js';
import { ELECT_LEADERS } from './elect-leaders.api.js';

type Elected = Each<PartitionName, { readonly elected: boolean }>;

const ELECTION_NOT_NEEDED = 84;

/** @throws KafkaError when the controller refuses the call as a whole: CLUSTER_AUTHORIZATION_FAILED */
export const electLeaders = (call: AdminCall, kind: 'PREFERRED' | 'UNCLEAN', partitions: readonly PartitionName[]): Promise<readonly Elected[]> =>
  withAdmitted(
    call,
    partitions,
    'alter',
    ({ topic }) => topic,
    ({ topic, partition }, error): Elected => ({ topic, partition, kind: 'failed', error }),
    async (admitted) => {
      const topics = [...Map.groupBy(admitted, ({ topic }) => topic)].map(([name, own]) => ({ name, partitions: own.map(({ partition }) => partition) }));
      const answer = await changeCall(call.connections, call.clock, ELECT_LEADERS, [kind === 'PREFERRED' ? 0 : 1, topics, brokerTimeout(call)], call.deadline);
      const refused = itemError(answer, 'other', 'cluster', answer.throttleTimeMs);
      if (refused !== null) throw refused;
      const answers = new Map(answer.topics.flatMap((topic) => topic.partitions.map((one) => [partitionKey(topic.name, one.partition), one] as const)));
      return admitted.map(({ topic, partition }) => {
        const one = answers.get(partitionKey(topic, partition));
        const resource = `${topic}-${partition}`;
        call.metadata.forget(topic);
        if (one === undefined) return { topic, partition, kind: 'failed', error: new KafkaError('OUTCOME_UNKNOWN', { resource }) };
        const elected = one.errorCode !== ELECTION_NOT_NEEDED;
        return { topic, partition, ...outcomeOf(elected ? itemError(one, 'partition', resource, answer.throttleTimeMs) : null, { elected }) };
      });
    },
  );
