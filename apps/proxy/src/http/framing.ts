import type { IncomingMessage } from 'node:http';
import type { RequestErrorCode } from './http-errors.js';

const MAX_HEADERS = 200;

/** Methods that the APIs use, plus the two that HTTP gives everyone. TRACE would echo the request, so it is refused. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Headers by which a caller could pretend to be a balancer or another principal (I26; attack cases 63, 64). */
const UNTRUSTED = new Set([
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-forwarded-client-cert',
  'x-client-cert',
  'client-cert',
  'client-cert-chain',
  'ssl-client-cert',
  'x-arr-clientcert',
  'x-ssl-client-cert',
  'x-real-ip',
  'x-remote-user',
  'remote-user',
  'x-original-url',
  'x-rewrite-url',
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
]);

/**
 * What Node's parser lets through although HTTP forbids it, and what only a trusted balancer may say. Forwarded headers
 * are removed before any code sees them; no listener of this version trusts a balancer.
 * @returns the code of the refusal, or null
 */
export const checkFraming = (request: IncomingMessage): RequestErrorCode | null => {
  const raw = request.rawHeaders;
  if (raw.length > MAX_HEADERS * 2) return 'HEADERS_TOO_LARGE';
  let hosts = 0;
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] ?? '').toLowerCase();
    if (name === 'host') hosts++;
    // `gzip, chunked` would be read as plain here and as gzip by a front that honours it.
    else if (name === 'transfer-encoding' && raw[i + 1]?.trim().toLowerCase() !== 'chunked') return 'BAD_REQUEST';
    else if (UNTRUSTED.has(name)) {
      raw[i + 1] = '';
      delete request.headers[name];
    }
  }
  if (hosts > 1) return 'BAD_REQUEST';
  return METHODS.has(request.method ?? '') ? null : 'METHOD_NOT_ALLOWED';
};

/** A proxy-style target (`GET http://other/path`) is its path: the authority never routes and never makes a link. */
export const originForm = (request: { url?: string }): string => {
  const url = request.url ?? '/';
  if (url.startsWith('/')) return url;
  const match = /^https?:\/\/[^/?#]*([/?].*)?$/i.exec(url);
  const path = match?.[1] ?? '/';
  return match === null ? '/' : path.startsWith('/') ? path : `/${path}`;
};
