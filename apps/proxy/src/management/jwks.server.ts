import { createServer } from 'node:https';
import type { Server } from 'node:http';

/** The public keys of one cluster as a JWK set, ready to send. */
export type KeySet = (clusterId: string) => string | null;

const PATH = /^\/clusters\/([a-z0-9-]{1,63})\/jwks\.json$/;

/**
 * The clusters' trust root (I18): public keys over HTTPS on a listener of their own. It depends on nothing, so it is up
 * before the proxy is ready and before a broker asks.
 */
export const createJwksServer = (tls: { readonly cert: Buffer; readonly key: Buffer }, keySet: KeySet): Server =>
  createServer({ ...tls, minVersion: 'TLSv1.2', handshakeTimeout: 10_000, requestTimeout: 10_000, headersTimeout: 5_000 }, (request, response) => {
    const id = request.method === 'GET' || request.method === 'HEAD' ? PATH.exec(request.url?.split('?')[0] ?? '')?.[1] : undefined;
    const keys = id === undefined ? null : keySet(id);
    if (keys === null) return void response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n');
    response.writeHead(200, { 'content-type': 'application/jwk-set+json', 'content-length': Buffer.byteLength(keys), 'cache-control': 'public, max-age=60' }).end(keys);
  });
