import type { ConfigResource } from '../../session/admin/configs.admin.port.js';
import type { BrokerCodeSubject } from '../../errors/from-broker-code.js';

/** A resource as the wire names it, and the one broker that knows its settings; null where any does. */
export interface WireResource {
  readonly resourceType: 2 | 4 | 8 | 32;
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
      return { resourceType: 32, resourceName: resource.name, brokerId: null };
  }
};

export const topicOf = (resource: ConfigResource): string | null => (resource.type === 'topic' ? resource.name : null);

export const subjectOf = (resource: ConfigResource): BrokerCodeSubject => (resource.type === 'topic' ? 'topic' : resource.type === 'group' ? 'group' : 'other');

/** For error texts. */
export const titleOf = (resource: ConfigResource): string => (resource.type === 'topic' || resource.type === 'group' ? resource.name : resource.type === 'cluster-default' ? 'cluster' : `broker ${resource.id}`);
