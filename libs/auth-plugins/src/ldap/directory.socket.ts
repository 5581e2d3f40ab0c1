import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { isTlsError } from '../tls/tls.error.js';
import { DirectoryFailure, type DirectoryServer } from './directory.driver.js';
import { askForTls } from './start-tls.js';

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'ldaps:': 636, 'ldap:': 389 };

/**
 * One open socket to one server, TLS verified unless the settings say otherwise; given up with its handshake when `signal` aborts.
 * @throws DirectoryFailure
 */
export const openSocket = async (server: DirectoryServer, signal: AbortSignal): Promise<Socket> => {
  const { host, port, protocol, tls } = target(server);
  if (server.startTls === true) {
    const plain = await openPlainForTls(server, signal);
    const secure = connectTls({ ...tls, host, socket: plain });
    return opened(secure, 'secureConnect', server, signal).catch((error: unknown) => {
      plain.destroy();
      throw error;
    });
  }
  return protocol === 'ldaps:' ? opened(connectTls({ ...tls, host, port }), 'secureConnect', server, signal) : opened(connectPlain({ host, port }), 'connect', server, signal);
};

/**
 * A socket whose server has agreed to STARTTLS and said nothing after that: TLS starts with the next byte.
 * @throws DirectoryFailure
 */
export const openPlainForTls = async (server: DirectoryServer, signal: AbortSignal): Promise<Socket> => {
  const { host, port } = target(server);
  const socket = await opened(connectPlain({ host, port }), 'connect', server, signal);
  await askForTls(socket, AbortSignal.any([signal, AbortSignal.timeout(server.connectTimeoutMs)]));
  return socket;
};

const target = ({ url, ca, serverName }: DirectoryServer) => {
  const { protocol, hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  // By name only: an address is no server name in TLS (RFC 6066), and is verified as an address.
  const servername = serverName ?? (isIP(host) === 0 ? host : undefined);
  const tls = { minVersion: 'TLSv1.2' as const, ...(ca === undefined ? {} : { ca }), ...(servername === undefined ? {} : { servername }) };
  return { host, port: port === '' ? (DEFAULT_PORTS[protocol] ?? 0) : Number(port), protocol, tls };
};

const opened = (socket: Socket, event: 'connect' | 'secureConnect', { connectTimeoutMs }: DirectoryServer, signal: AbortSignal): Promise<Socket> =>
  new Promise((resolve, reject) => {
    socket.setNoDelay(true);
    const end = (failure: DirectoryFailure | null) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.removeListener('error', onError);
      socket.removeListener('close', onClose);
      if (failure === null) return resolve(socket);
      socket.on('error', () => undefined);
      socket.destroy();
      reject(failure);
    };
    const onError = (error: Error) => end(new DirectoryFailure(isTlsError(error) ? 'tls' : 'connect'));
    const onClose = () => end(new DirectoryFailure('connect'));
    const onAbort = () => end(new DirectoryFailure('deadline'));
    const timer = setTimeout(() => end(new DirectoryFailure('connect')), connectTimeoutMs);
    if (signal.aborted) return end(new DirectoryFailure('deadline'));
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('error', onError);
    socket.once('close', onClose);
    socket.once(event, () => end(null));
  });
