import { Reader } from '@platformatic/kafka';
import { CLIENT_ID, ConnectionFault, type OpenOptions, type Transport, type WireConnection, type WireRequest, isTlsFault, splitAddress } from '../transport.js';
import { trustedContext } from '../trusted-context.js';
import { type KafkaJsConnection, type KafkaJsModules, loadKafkaJs } from './private-modules.js';

const NO_TAGS = Buffer.from([0]);

// The library logs broker texts and addresses at error level; faults are reported by what we throw.
const silent = { namespace: () => silent, error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined };

class KafkaJsWireConnection implements WireConnection {
  readonly #connection: KafkaJsConnection;
  readonly #modules: KafkaJsModules;
  readonly #listeners: (() => void)[] = [];
  #closed = false;

  constructor(connection: KafkaJsConnection, modules: KafkaJsModules) {
    this.#connection = connection;
    this.#modules = modules;
    connection.socket.once('close', () => {
      this.#closed = true;
      // The library settles requests in flight on 'end' and 'error' only; a socket destroyed by us ends without either.
      connection.rejectRequests(new ConnectionFault('lost', true));
      for (const listener of this.#listeners) listener();
    });
  }

  get isOpen(): boolean {
    return !this.#closed && this.#connection.isConnected();
  }

  async send<Response>(request: WireRequest<Response>): Promise<Response> {
    if (!this.isOpen) throw new ConnectionFault('lost', false);
    try {
      return (await this.#connection.send({
        request: { apiKey: request.apiKey, apiVersion: request.apiVersion, apiName: 'postern', encode: async () => this.#encode(request), expectResponse: () => request.unanswered !== true },
        response: {
          decode: async (bytes) => bytes,
          parse: async (bytes) => request.parse(Reader.from((bytes as Buffer).subarray(request.responseTags ? 1 : 0))),
        },
        logResponseError: false,
      })) as Response;
    } catch (error) {
      if (error instanceof Error && error.name.startsWith('KafkaJSConnection')) throw new ConnectionFault('lost', true, { cause: error });
      throw error;
    }
  }

  destroy(): void {
    this.#connection.socket.destroy();
    void this.#connection.disconnect();
  }

  onClose(listener: () => void): void {
    if (this.#closed) listener();
    else this.#listeners.push(listener);
  }

  #encode(request: WireRequest<unknown>): InstanceType<KafkaJsModules['Encoder']> {
    const encoder = new this.#modules.Encoder();
    // The library writes the older request header; flexible versions want an empty tag section behind it.
    if (request.requestTags) encoder.writeBufferInternal(NO_TAGS);
    encoder.writeBufferInternal(request.encode().buffer);
    return encoder;
  }
}

/**
 * The second transport: `Connection` of kafkajs as a framed socket, without its SASL, metadata, producer and retries.
 * @throws Error at once when the installed kafkajs is not the one that this was written for
 */
export const kafkaJsTransport = (modules: KafkaJsModules = loadKafkaJs()): Transport => ({
  name: 'kafkajs',
  async open(address, { tls, timeoutMs }: OpenOptions): Promise<WireConnection> {
    const { host, port } = splitAddress(address);
    const connection = new modules.Connection({
      host,
      port,
      clientId: CLIENT_ID,
      logger: silent,
      socketFactory: modules.createSocketFactory(),
      ssl: tls === null ? null : { secureContext: trustedContext(tls.ca), ...(tls.serverName === undefined ? {} : { servername: tls.serverName }) },
      connectionTimeout: timeoutMs,
      requestTimeout: timeoutMs,
      enforceRequestTimeout: false,
    });
    stopIdleTimer(connection);
    try {
      await connection.connect();
    } catch (error) {
      connection.socket?.destroy();
      throw new ConnectionFault(isTlsFault(error) ? 'tls' : 'unreachable', false, { cause: error });
    }
    connection.socket.setNoDelay(true);
    return new KafkaJsWireConnection(connection, modules);
  },
});

// Stock, an idle connection re-arms a 1 ms timer for ever (kafkajs issue 1556): 300 idle principals cost 12 % of a core.
const stopIdleTimer = (connection: KafkaJsConnection): void => {
  const queue = connection.requestQueue;
  const schedule = queue.scheduleCheckPendingRequests.bind(queue);
  queue.scheduleCheckPendingRequests = () => {
    if (queue.pending.length > 0) schedule();
  };
};
