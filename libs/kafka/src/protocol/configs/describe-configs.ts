import type { describeConfigsV4 } from '@platformatic/kafka';
import { KafkaError } from '../../errors/kafka-error.js';
import type { ConfigDetail, ConfigResource } from '../../session/admin/configs.admin.port.js';
import type { Each } from '../../session/admin/outcome.js';
import { type AdminCall, outcomeOf, withAdmitted } from '../admin.call.js';
import { DESCRIBE_CONFIGS } from '../codecs.js';
import { CONFIG_SOURCES, CONFIG_TYPES, nameOf } from '../kafka.names.js';
import { nodeCall } from '../node.call.js';
import { readCall } from '../read.call.js';
import { askByBroker } from './by.broker.js';
import { resourceError, titleOf, topicOf, toWireResource } from './config.resource.js';

type Answer = ReturnType<typeof describeConfigsV4.parseResponse>;
type Described = Each<{ readonly resource: ConfigResource }, { readonly configs: readonly ConfigDetail[] }>;

/** All effective settings with where they come from and what they mean (KIP-226, KIP-569). */
export const describeConfigs = (call: AdminCall, resources: readonly ConfigResource[]): Promise<readonly Described[]> =>
  withAdmitted(
    call,
    resources,
    'describe-configs',
    topicOf,
    (resource, error): Described => ({ resource, kind: 'failed', error }),
    async (admitted) => {
      const wire = admitted.map(toWireResource);
      const answers = await askByBroker(call, wire, async (brokerId, indexes) => {
        const asked = indexes.map((i) => wire[i] as (typeof wire)[number]).map(({ resourceType, resourceName }) => ({ resourceType, resourceName, configurationKeys: null }));
        const answer = await ask(call, brokerId, asked);
        return { items: answer.results, throttleTimeMs: answer.throttleTimeMs };
      });
      return admitted.map((resource, i): Described => {
        const answer = answers[i]?.answer;
        if (answer instanceof KafkaError) return { resource, kind: 'failed', error: answer };
        if (answer === undefined) return { resource, kind: 'failed', error: new KafkaError('BROKER_OTHER', { resource: titleOf(resource) }) };
        return { resource, ...outcomeOf(resourceError(resource, answer), { configs: answer.configs.map(toDetail).sort((a, b) => (a.name < b.name ? -1 : 1)) }) };
      });
    },
  );

type Asked = Parameters<typeof describeConfigsV4.createRequest>[0];

const ask = (call: AdminCall, brokerId: number | null, resources: Asked): Promise<Answer> =>
  brokerId === null ? readCall(call.connections, call.clock, DESCRIBE_CONFIGS, [resources, true, true], call.deadline) : nodeCall(call, brokerId, DESCRIBE_CONFIGS, [resources, true, true], false);

const toDetail = ({ name, value, configSource, configType, isSensitive, readOnly, documentation, synonyms }: Answer['results'][number]['configs'][number]): ConfigDetail => ({
  name,
  value: isSensitive ? null : (value ?? null),
  source: nameOf(CONFIG_SOURCES, configSource),
  type: nameOf(CONFIG_TYPES, configType),
  sensitive: isSensitive,
  readOnly,
  documentation: documentation ?? null,
  synonyms: synonyms.map((one) => ({ name: one.name, value: isSensitive ? null : (one.value ?? null), source: nameOf(CONFIG_SOURCES, one.source) })),
});
