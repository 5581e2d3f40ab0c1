import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { isTlsError } from '../tls/tls.error.js';
import { DirectoryFailure, type DirectoryServer } from './directory.driver.js';

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'ldaps:': 636, 'ldap:': 389 };

/**
 * One open socket to one server, TLS verified where the URL says ldaps; given up with its handshake when `signal` aborts.
 * @throws DirectoryFailure
 */
export const openSocket = ({ url, ca, serverName, connectTimeoutMs }: DirectoryServer, signal: AbortSignal): Promise<Socket> =>
  new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new DirectoryFailure('deadline'));
    const { protocol, hostname, port } = new URL(url);
    const host = hostname.replace(/^\[|\]$/g, '');
    const address = { host, port: port === '' ? (DEFAULT_PORTS[protocol] ?? 0) : Number(port) };
    // By name only: an address is no server name in TLS (RFC 6066), and is verified as an address.
    const servername = serverName ?? (isIP(host) === 0 ? host : undefined);
    const isTls = protocol === 'ldaps:';
    const socket: Socket = isTls ? connectTls({ ...address, minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }), ...(servername === undefined ? {} : { servername }) }) : connectPlain(address);
    socket.setNoDelay(true);
    const timer = setTimeout(() => end(new DirectoryFailure('connect')), connectTimeoutMs);
    const end = (failure: DirectoryFailure | null) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.removeListener('error', onError);
      if (failure === null) return resolve(socket);
      socket.on('error', () => undefined);
      socket.destroy();
      reject(failure);
    };
    const onError = (error: Error) => end(new DirectoryFailure(isTlsError(error) ? 'tls' : 'connect'));
    const onAbort = () => end(new DirectoryFailure('deadline'));
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('error', onError);
    socket.once(isTls ? 'secureConnect' : 'connect', () => end(null));
  });
