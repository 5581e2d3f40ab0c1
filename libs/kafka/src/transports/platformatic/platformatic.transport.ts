import { Connection } from '@platformatic/kafka';
import { CLIENT_ID, ConnectionFault, type OpenOptions, type Transport, type WireConnection, type WireRequest, isTlsFault, splitAddress } from '../transport.js';
import { trustedContext } from '../trusted-context.js';

// The protocol layer sets the deadlines; the library's own time-out closes the connection under everyone, so it comes last: after the longest join.
const LAST_RESORT_MS = 3_600_000;
// The protocol layer bounds what is in flight; a queue inside the library would hide whether a request was written.
const MAX_IN_FLIGHT = 100_000;

class PlatformaticConnection implements WireConnection {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  get isOpen(): boolean {
    return this.#connection.isConnected();
  }

  send<Response>(request: WireRequest<Response>): Promise<Response> {
    if (!this.#connection.isConnected()) return Promise.reject(new ConnectionFault('lost', false));
    return new Promise((resolve, reject) => {
      this.#connection.send<Response>(
        request.apiKey,
        request.apiVersion,
        () => encoded(request),
        (_correlationId, _apiKey, _apiVersion, reader) => request.parse(reader),
        request.requestTags,
        request.responseTags,
        (error, response) => {
          if (error === null || error === undefined) resolve(response as Response);
          else reject(isConnectionError(error) ? new ConnectionFault('lost', true, { cause: error }) : error);
        },
      );
    });
  }

  destroy(): void {
    this.#connection.socket.destroy();
  }

  onClose(listener: () => void): void {
    if (this.#connection.isConnected()) this.#connection.once('close', listener);
    else listener();
  }
}

const encoded = (request: WireRequest<unknown>): ReturnType<WireRequest<unknown>['encode']> => {
  const writer = request.encode();
  if (request.unanswered === true) writer.context.noResponse = true;
  return writer;
};

const isConnectionError = (error: Error): boolean => (error as { code?: unknown }).code === 'PLT_KFK_NETWORK';

/**
 * The default transport: one `Connection` of @platformatic/kafka a socket, without its SASL, metadata and retries.
 * Its own SASL takes a refused token for success unless a validator is given, and renews by a timer of its own.
 */
export const platformaticTransport: Transport = {
  name: 'platformatic',
  async open(address, { tls, timeoutMs }: OpenOptions): Promise<WireConnection> {
    const { host, port } = splitAddress(address);
    const connection = new Connection(CLIENT_ID, {
      connectTimeout: timeoutMs,
      requestTimeout: LAST_RESORT_MS,
      maxInflights: MAX_IN_FLIGHT,
      ...(tls === null ? {} : { tls: { secureContext: trustedContext(tls.ca) }, tlsServerName: tls.serverName }),
    });
    // Without a listener an `error` of the emitter would end the process; the failed call itself carries the error.
    connection.on('error', () => undefined);
    try {
      await connection.connect(host, port);
    } catch (error) {
      connection.socket?.destroy();
      throw new ConnectionFault(isTlsFault(error) ? 'tls' : 'unreachable', false, { cause: error });
    }
    return new PlatformaticConnection(connection);
  },
};
