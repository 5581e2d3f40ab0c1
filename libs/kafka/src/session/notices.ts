import type { BrokerAddress } from './cluster-settings.js';

/**
 * What the log, the metrics and the security alarm want to know. No token, no broker text, no caller-controlled string
 * except topic-free addresses that a broker advertised.
 */
export type KafkaNotice =
  /** A connection was opened; `kafkaName` is whose. */
  | { readonly kind: 'connected'; readonly clusterId: string; readonly address: BrokerAddress; readonly kafkaName: string; readonly tookMs: number }
  | { readonly kind: 'connect-failed'; readonly clusterId: string; readonly address: BrokerAddress; readonly reason: 'unreachable' | 'tls' | 'lost' | 'no-answer' | 'refused' }
  /** I21: the caller's own token was refused. */
  | { readonly kind: 'caller-token-refused'; readonly clusterId: string; readonly kafkaName: string }
  /** I21: a token that Postern made or fetched was refused twice. An alarm: our fault, everybody's problem. */
  | { readonly kind: 'own-token-refused'; readonly clusterId: string; readonly kafkaName: string }
  /** I22: a broker advertised an address outside the settings; it was not dialled. */
  | { readonly kind: 'address-refused'; readonly clusterId: string; readonly address: BrokerAddress }
  /** Must 12: a renewed token would have made the session another principal. A bug, and a security event. */
  | { readonly kind: 'principal-changed'; readonly clusterId: string; readonly kafkaName: string }
  /** Something that should not happen did; `at` names the place, `error` only the class of what was thrown. */
  | { readonly kind: 'defect'; readonly clusterId: string; readonly at: string; readonly error: string };

export type Observe = (notice: KafkaNotice) => void;
