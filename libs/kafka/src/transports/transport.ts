import type { Reader, Writer } from '@platformatic/kafka';
import type { BrokerAddress, ListenerSettings } from '../session/cluster-settings.js';

/** One request of Kafka's protocol as the protocol layer's codecs give it. */
export interface WireRequest<Response> {
  readonly apiKey: number;
  readonly apiVersion: number;
  /** Request and response headers of flexible versions end with tagged fields (KIP-482). */
  readonly requestTags: boolean;
  readonly responseTags: boolean;
  /** The broker answers nothing (Produce with acks 0): `send` resolves with undefined once the request is on its way. */
  readonly unanswered?: boolean;
  encode(): Writer;
  parse(reader: Reader): Response;
}

/** Why a connection could not be had or was lost; our own text only, the library's error is the cause. */
export class ConnectionFault extends Error {
  override readonly name = 'ConnectionFault';
  constructor(
    readonly reason: 'unreachable' | 'tls' | 'lost' | 'no-answer',
    /** Whether bytes of the request may have reached the broker: false is a promise (Must 15). */
    readonly written: boolean,
    options?: { cause?: unknown },
  ) {
    super(`connection ${reason}`, options);
  }
}

/**
 * One socket to one broker. It frames requests and matches answers, nothing else: authentication, versions, deadlines and
 * retries belong to the protocol layer, so that both transports have them alike.
 */
export interface WireConnection {
  readonly isOpen: boolean;
  /** @throws ConnectionFault; whatever `parse` throws */
  send<Response>(request: WireRequest<Response>): Promise<Response>;
  /** Ends the socket now; requests in flight fail as lost. Safe to call twice. */
  destroy(): void;
  /** Called once, however the connection ended. */
  onClose(listener: () => void): void;
}

export interface OpenOptions {
  readonly tls: ListenerSettings['tls'];
  readonly timeoutMs: number;
}

/** A way to reach brokers. `open` ends TLS with the configured CA and a verified name (I22). */
export interface Transport {
  readonly name: 'platformatic' | 'kafkajs';
  /** @throws ConnectionFault */
  open(address: BrokerAddress, options: OpenOptions): Promise<WireConnection>;
}

/** The name that a broker sees in its request log; it says nothing of the caller. */
export const CLIENT_ID = 'postern';

/** `host:port`, also `[::1]:9092`. */
export const splitAddress = (address: BrokerAddress): { host: string; port: number } => {
  const at = address.lastIndexOf(':');
  return { host: address.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(address.slice(at + 1)) };
};

/** TLS faults are configuration faults: told apart for the log, by Node's error codes. */
export const isTlsFault = (error: unknown): boolean => {
  for (let e: unknown = error, depth = 0; e instanceof Error && depth < 6; e = e.cause, depth++) {
    const { code } = e as { code?: unknown };
    if (typeof code === 'string' && /^(ERR_TLS|ERR_SSL|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_)/.test(code)) return true;
  }
  return false;
};
