import { incrementalAlterConfigsV0, incrementalAlterConfigsV1 } from '@platformatic/kafka';
import { KafkaError } from '../../errors/kafka-error.js';
import type { ConfigChange, ConfigResource } from '../../session/admin/configs.admin.port.js';
import type { Each } from '../../session/admin/outcome.js';
import { type AdminCall, outcomeOf, withAdmitted } from '../admin.call.js';
import { changeCall } from '../change.call.js';
import { type Api, codec } from '../codecs.js';
import { nodeCall } from '../node.call.js';
import { askByBroker } from './by.broker.js';
import { resourceError, titleOf, topicOf, toWireResource } from './config.resource.js';

type Args = Parameters<typeof incrementalAlterConfigsV1.createRequest>;
type Answer = ReturnType<typeof incrementalAlterConfigsV1.parseResponse>;

const INCREMENTAL_ALTER_CONFIGS: Api<Args, Answer> = {
  key: 44,
  name: 'IncrementalAlterConfigs',
  codecs: [codec(incrementalAlterConfigsV1), codec(incrementalAlterConfigsV0 as unknown as typeof incrementalAlterConfigsV1, false)],
};

const OPERATIONS = { SET: 0, DELETE: 1, APPEND: 2, SUBTRACT: 3 } as const;

export interface ConfigAlteration {
  readonly resource: ConfigResource;
  readonly changes: readonly ConfigChange[];
}

/** KIP-339: what is not named stays. */
export const alterConfigs = (call: AdminCall, alterations: readonly ConfigAlteration[], validateOnly: boolean): Promise<readonly Each<{ readonly resource: ConfigResource }>[]> =>
  withAdmitted(
    call,
    alterations,
    'alter-configs',
    ({ resource }) => topicOf(resource),
    ({ resource }, error): Each<{ readonly resource: ConfigResource }> => ({ resource, kind: 'failed', error }),
    async (admitted) => {
      const wire = admitted.map(({ resource }) => toWireResource(resource));
      const answers = await askByBroker(call, wire, async (brokerId, indexes) => {
        const sent = indexes.map((i) => toWire(wire[i] as (typeof wire)[number], (admitted[i] as ConfigAlteration).changes));
        const answer = await send(call, brokerId, [sent, validateOnly]);
        return { items: answer.responses, throttleTimeMs: answer.throttleTimeMs };
      });
      return admitted.map(({ resource }, i) => {
        const { answer, throttleTimeMs = 0 } = answers[i] ?? {};
        if (answer instanceof KafkaError) return { resource, kind: 'failed', error: answer };
        return { resource, ...outcomeOf(answer === undefined ? new KafkaError('OUTCOME_UNKNOWN', { resource: titleOf(resource) }) : resourceError(resource, answer, throttleTimeMs), {}) };
      });
    },
  );

const send = (call: AdminCall, brokerId: number | null, args: Args): Promise<Answer> =>
  brokerId === null ? changeCall(call.connections, call.clock, INCREMENTAL_ALTER_CONFIGS, args, call.deadline) : nodeCall(call, brokerId, INCREMENTAL_ALTER_CONFIGS, args, true);

const toWire = ({ resourceType, resourceName }: ReturnType<typeof toWireResource>, changes: readonly ConfigChange[]): Args[0][number] => ({
  resourceType,
  resourceName,
  configs: changes.map((change) =>
    change.operation === 'DELETE' ? { name: change.name, configOperation: OPERATIONS.DELETE } : { name: change.name, configOperation: OPERATIONS[change.operation], value: change.value },
  ),
});
