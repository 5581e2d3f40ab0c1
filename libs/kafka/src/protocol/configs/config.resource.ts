import type { ConfigResource } from '../../session/admin/configs.admin.port.js';
import type { BrokerCodeSubject } from '../../errors/from-broker-code.js';
import { KafkaError } from '../../errors/kafka-error.js';
import { type ItemAnswer, itemError } from '../admin.call.js';

export const GROUP = 32;

/** A resource as the wire names it, and the one broker that knows its settings; null where any does. */
export interface WireResource {
  readonly resourceType: 2 | 4 | 8 | typeof GROUP;
  readonly resourceName: string;
  readonly brokerId: number | null;
}

export const toWireResource = (resource: ConfigResource): WireResource => {
  switch (resource.type) {
    case 'topic':
      return { resourceType: 2, resourceName: resource.name, brokerId: null };
    case 'broker':
      return { resourceType: 4, resourceName: String(resource.id), brokerId: resource.id };
    case 'broker-logger':
      return { resourceType: 8, resourceName: String(resource.id), brokerId: resource.id };
    case 'cluster-default':
      return { resourceType: 4, resourceName: '', brokerId: null };
    case 'group':
      return { resourceType: GROUP, resourceName: resource.name, brokerId: null };
  }
};

export const topicOf = (resource: ConfigResource): string | null => (resource.type === 'topic' ? resource.name : null);

const subjectOf = (resource: ConfigResource): BrokerCodeSubject => (resource.type === 'topic' ? 'topic' : resource.type === 'group' ? 'group' : 'other');

/** For error texts. */
export const titleOf = (resource: ConfigResource): string => (resource.type === 'topic' || resource.type === 'group' ? resource.name : resource.type === 'cluster-default' ? 'cluster' : `broker ${resource.id}`);

const INVALID_REQUEST = 42;
/** The two ways in which brokers before Kafka 4.0 say that they do not know the kind: of a change, and of a question. */
const UNKNOWN_KIND = /^Unknown resource type|incompatible broker/;

/** null: it went well. That a broker has no settings of groups is told apart from a caller's wrong request. */
export const resourceError = (resource: ConfigResource, answer: ItemAnswer, throttleTimeMs = 0): KafkaError | null =>
  resource.type === 'group' && answer.errorCode === INVALID_REQUEST && UNKNOWN_KIND.test(answer.errorMessage ?? '')
    ? new KafkaError('UNSUPPORTED_VERSION', { resource: titleOf(resource), brokerCode: answer.errorCode })
    : itemError(answer, subjectOf(resource), titleOf(resource), throttleTimeMs);
