import { createServer, STATUS_CODES, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { CertificateTrust } from '@postern/auth-plugins';
import type { ListenerConfig, Limits } from '../config/settings.schema.js';
import { sourceOf } from '../limits/flood.limit.js';
import { CertificateSockets, type ShownCertificate } from './client-certificate.sockets.js';
import { tlsOptionsOf } from './listener-tls.js';

const MAX_HEADER_BYTES = 16 * 1024;
const HEADERS_MS = 15_000;
const KEEP_ALIVE_MS = 75_000;
const HANDSHAKE_MS = 10_000;

/** Which listener a request came by; read once, when the request's record is opened. */
export const LISTENER = Symbol('listener');
/** What its socket showed, on listeners that ask for certificates. */
export const CERTIFICATE = Symbol('certificate');
export type ListenedRequest = IncomingMessage & { [LISTENER]?: string; [CERTIFICATE]?: ShownCertificate };

/** How a listener's peers prove who they are by certificate. */
export interface ListenerTrust {
  readonly certificates: CertificateTrust | null;
  readonly maxProofAgeSeconds: number;
}

/** A refusal by Node's parser, before there is a request: told to the access log. */
export type FramingRefusal = (listener: string, source: string, status: number) => void;

/**
 * One node server for one listener (design §6). Whole-request time-outs are off, because body deadlines and rates live in
 * the body reader and streams must not be cut; header time and size are bounded here. TLS files are read at start.
 */
export const createListenerServer = (listener: ListenerConfig, pathOf: (path: string) => string, limits: Limits, trust: ListenerTrust, handle: RequestListener, onRefusal: FramingRefusal): Server => {
  const certificates = listener.kind === 'tls' && listener.clientCertificate !== 'none' ? new CertificateSockets(listener.clientCertificate, trust.maxProofAgeSeconds) : null;
  const options = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEADERS_MS,
    requestTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: 2_000,
    insecureHTTPParser: false,
    requireHostHeader: true,
    noDelay: true,
  };
  const onRequest = (request: ListenedRequest, response: ServerResponse) => {
    request[LISTENER] = listener.name;
    if (certificates !== null) request[CERTIFICATE] = certificates.of(request, response);
    handle(request, response);
  };
  const server =
    listener.kind === 'tls'
      ? createTlsServer({ ...options, handshakeTimeout: HANDSHAKE_MS, ...tlsOptionsOf(listener, pathOf, trust.certificates) }, onRequest)
      : createServer(options, onRequest);
  certificates?.attach(server);
  // Node drops headers above its own cap in silence, a second Authorization among them: the cap is ours (framing.ts).
  server.maxHeadersCount = 0;
  // Telling a caller to go on with its body is for the body reader, after the guards (I4).
  server.on('checkContinue', onRequest);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => refuseFraming(listener.name, error, socket, onRefusal));
  boundConnections(server, limits.connectionsPerAddress);
  return server;
};

const refuseFraming = (listener: string, error: NodeJS.ErrnoException, socket: Socket, onRefusal: FramingRefusal): void => {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  const reason = STATUS_CODES[status];
  const body = JSON.stringify({ error_code: status, message: `HTTP ${status} ${reason}` });
  onRefusal(listener, sourceOf(socket.remoteAddress), status);
  socket.end(`HTTP/1.1 ${status} ${reason}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
};

/** One address cannot take every socket. */
const boundConnections = (server: Server, most: number): void => {
  const open = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const source = sourceOf(socket.remoteAddress);
    const now = (open.get(source) ?? 0) + 1;
    open.set(source, now);
    socket.once('close', () => {
      const left = (open.get(source) ?? 1) - 1;
      if (left === 0) open.delete(source);
      else open.set(source, left);
    });
    if (now > most) socket.destroy();
  });
};
