import type { ClusterSettings } from '../session/cluster-settings.js';
import { kafkaJsTransport } from './kafkajs/kafkajs.transport.js';
import { platformaticTransport } from './platformatic/platformatic.transport.js';
import type { Transport } from './transport.js';

/** The transport that a cluster's settings name. @throws Error when its library is not as expected */
export const transportFor = (name: ClusterSettings['transport']): Transport => {
  switch (name) {
    case 'platformatic':
      return platformaticTransport;
    case 'kafkajs':
      return kafkaJsTransport();
  }
};
