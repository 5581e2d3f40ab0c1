import type { ClusterSettings } from '../session/cluster-settings.js';
import { kafkaJsTransport } from './kafkajs/kafkajs.transport.js';
import { platformaticTransport } from './platformatic/platformatic.transport.js';
import type { Transport } from './transport.js';

const TRANSPORTS = {
  platformatic: () => platformaticTransport,
  kafkajs: () => kafkaJsTransport(),
} satisfies Record<ClusterSettings['transport'], () => Transport>;

/** The transport that a cluster's settings name. @throws Error when its library is not as expected */
export const transportFor = (name: ClusterSettings['transport']): Transport => TRANSPORTS[name]();
