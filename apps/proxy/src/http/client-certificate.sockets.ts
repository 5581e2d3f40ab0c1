import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { ClientCertificate } from '@postern/auth-plugins';
import type { ListenerConfig } from '../config/settings.schema.js';

export type CertificateUse = Extract<ListenerConfig, { kind: 'tls' }>['clientCertificate'];

/** What a request's socket showed on a listener that asks for certificates. */
export interface ShownCertificate {
  readonly use: Exclude<CertificateUse, 'none'>;
  readonly certificate: ClientCertificate | null;
}

interface OpenSocket {
  readonly certificate: ClientCertificate | null;
  underWay: number;
  isDue: boolean;
}

/** Parts of a proof's age: from the first on each answer ends its connection, at the second idle ones are ended. */
const DUE_AT = 0.5;
const IDLE_END_AT = 0.9;

/**
 * The certificates of one listener's sockets. A handshake proves a key for `maxProofAge` (I11); after half of it a socket is
 * ended between two requests, so that a client comes back with a new handshake and never meets the end of its proof.
 */
export class CertificateSockets {
  readonly #sockets = new WeakMap<object, OpenSocket>();

  constructor(
    private readonly use: Exclude<CertificateUse, 'none'>,
    private readonly maxProofAgeSeconds: number,
  ) {}

  attach(server: Server): void {
    server.on('secureConnection', (socket: TLSSocket) => this.#opened(socket));
  }

  /** At the start of each request: what its socket showed. */
  of({ socket }: IncomingMessage, response: ServerResponse): ShownCertificate {
    const open = this.#sockets.get(socket);
    if (open === undefined) return { use: this.use, certificate: null };
    open.underWay++;
    if (open.isDue) response.shouldKeepAlive = false;
    response.once('close', () => {
      open.underWay--;
      if (open.isDue && open.underWay === 0) socket.end();
    });
    return { use: this.use, certificate: open.certificate };
  }

  #opened(socket: TLSSocket): void {
    const peer = socket.getPeerX509Certificate();
    if (peer === undefined) return;
    const certificate: ClientCertificate = {
      der: peer.raw,
      provenAt: Date.now(),
      chainFault: socket.authorized ? null : String(socket.authorizationError),
      isResumed: socket.isSessionReused(),
    };
    const open: OpenSocket = { certificate, underWay: 0, isDue: false };
    this.#sockets.set(socket, open);
    const age = this.maxProofAgeSeconds * 1_000;
    const due = setTimeout(() => (open.isDue = true), age * DUE_AT).unref();
    // An idle one is left for its client to use once more, which then hears `close`: ending it at once could cross a request.
    const idle = setTimeout(() => open.underWay === 0 && socket.destroy(), age * IDLE_END_AT).unref();
    socket.once('close', () => {
      clearTimeout(due);
      clearTimeout(idle);
    });
  }
}
