import { readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { CertificateFiles } from '../../stack/src/index.ts';

/** What an upstream may do instead of its work; `frozen` is SIGSTOP for the real server with a request on its way to it. */
export const FAULTS = ['html', 'drip', 'silent', 'closes', 'frozen'] as const;
export type Fault = (typeof FAULTS)[number];

export const FAULT_SENTENCES: Readonly<Record<Fault, string>> = {
  html: 'answers with an HTML page',
  drip: 'sends one byte at a time',
  silent: 'accepts and never answers',
  closes: 'closes at once',
  frozen: 'is stopped (SIGSTOP) with a request on its way',
};

export type Protocol = 'https' | 'ldaps' | 'kafka';

export interface Freezable {
  freeze(): void;
  thaw(): void;
}

export interface FaultyUpstream {
  readonly port: number;
  /** From now on; the connections of before end, except for `frozen`, which they meet. */
  fail(fault: Fault): void;
  /** The real server again, running again. */
  heal(): void;
  /** Connections, or for `frozen` requests, that the fault has met since it was set: without one a spec shows nothing. */
  met(): number;
  stop(): void;
}

const PAGE = '<!doctype html><title>Sign in to the network</title>';
const HTML = `HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: ${PAGE.length}\r\n\r\n${PAGE}`;

/** How a right answer could begin, so that a slow one is waited for: a JSON answer, an LDAP message and a Kafka answer of 4 KiB. */
const BEGINNINGS: Readonly<Record<Protocol, Buffer>> = {
  https: Buffer.from('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{"a":'),
  ldaps: Buffer.from([0x30, 0x84, 0, 0, 0x10, 0]),
  kafka: Buffer.from([0, 0, 0x10, 0]),
};
const DRIP_EVERY_MS = 40;

const drip = (socket: TLSSocket, beginning: Buffer): void => {
  let at = 0;
  const timer = setInterval(() => void socket.write(beginning.subarray(at, ++at).length === 1 ? beginning.subarray(at - 1, at) : ' '), DRIP_EVERY_MS);
  socket.once('close', () => clearInterval(timer));
};

/**
 * A port that is the real server, byte for byte, or an impostor with a certificate of the same CA: what clients trust
 * is not what tells the two apart.
 */
export const startFaultyUpstream = async (protocol: Protocol, realPort: number, { servers }: Pick<CertificateFiles, 'servers'>, real: Freezable): Promise<FaultyUpstream> => {
  let fault: Fault | null = null;
  let frozen = false;
  let met = 0;
  const sockets = new Set<Socket>();
  const impostor = createTlsServer({ cert: readFileSync(servers.broker.certFile), key: readFileSync(servers.broker.keyFile) }, (socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      if (fault === 'html') socket.write(HTML);
      if (fault === 'drip') drip(socket, BEGINNINGS[protocol]);
    });
    socket.resume();
  });
  impostor.on('tlsClientError', () => undefined);

  const relay = (near: Socket): void => {
    const far = connect(realPort, '127.0.0.1');
    let chunks = 0;
    near.on('data', (chunk) => {
      chunks += 1;
      // Of a new connection the first one is the beginning of the handshake; from the second on a request is on its way.
      if (fault === 'frozen' && chunks > 1) {
        met += 1;
        if (!frozen) real.freeze();
        frozen = true;
      }
      far.write(chunk);
    });
    far.on('data', (chunk) => void near.write(chunk));
    far.on('error', () => near.destroy()).on('close', () => near.destroy());
    near.on('close', () => far.destroy());
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
    if (fault === null || fault === 'frozen') {
      relay(socket);
      return;
    }
    met += 1;
    if (fault === 'closes') socket.destroy();
    else impostor.emit('connection', socket);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    fail: (next) => {
      fault = next;
      met = 0;
      if (next !== 'frozen') cut();
    },
    heal: () => {
      if (fault !== 'frozen') cut();
      fault = null;
      if (frozen) real.thaw();
      frozen = false;
    },
    met: () => met,
    stop: () => {
      if (frozen) real.thaw();
      cut();
      server.close();
      impostor.close();
    },
  };
};
