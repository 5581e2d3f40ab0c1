import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { checkFraming, originForm } from './framing.js';

const request = (rawHeaders: string[], method = 'GET') =>
  ({ rawHeaders, method, headers: Object.fromEntries(rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [[name.toLowerCase(), rawHeaders[i + 1]]] : []))) }) as unknown as IncomingMessage;

describe('framing', () => {
  it('refuses two Host lines', () => expect(checkFraming(request(['Host', 'a', 'host', 'b']))).toBe('BAD_REQUEST'));
  it('refuses more than 200 header lines', () => expect(checkFraming(request(Array.from({ length: 402 }, () => 'x')))).toBe('HEADERS_TOO_LARGE'));
  it.each(['TRACE', 'CONNECT', 'PROPFIND', 'SEARCH'])('refuses the method %s', (method) => expect(checkFraming(request([], method))).toBe('METHOD_NOT_ALLOWED'));

  it('removes what only a balancer may say', () => {
    const message = request(['Host', 'a', 'X-Forwarded-Client-Cert', 'CN=root', 'X-Remote-User', 'admin']);
    expect(checkFraming(message)).toBeNull();
    expect(message.rawHeaders.join()).not.toMatch(/root|admin/);
    expect(message.headers).toEqual({ host: 'a' });
  });
});

describe('a proxy-style target is its path', () => {
  it.each([
    ['/topics', '/topics'],
    ['http://other.example/topics?x=1', '/topics?x=1'],
    ['http://other.example', '/'],
    ['http://other.example?x', '/?x'],
    ['*', '/'],
    ['ftp://x/y', '/'],
  ])('%s', (url, path) => expect(originForm({ url })).toBe(path));
});
