import { readFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { listenForControl, readBody } from '../src/processes/json.server.ts';
import { graphError, ok, refusal, type Answer } from './answers.ts';
import { control, type Command, type Controlled } from './control.ts';
import { Faults, type Endpoint } from './faults.ts';
import { checkMemberGroups } from './graph.endpoint.ts';
import { baseUrl, v2Issuer, type IssuerSettings } from './issuer.settings.ts';
import { KeyRing } from './key-ring.ts';
import { Memberships } from './memberships.ts';
import { instanceDiscovery, openidConfiguration } from './metadata.ts';
import { TENANT } from './registrations.ts';
import { tokenEndpoint } from './token.endpoint.ts';
import { signToken, type TokenShape } from './token.shape.ts';

const write = (response: ServerResponse, { status, body, headers }: Answer): void => {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...headers });
  response.end(JSON.stringify(body));
};

const listener = (answer: (request: IncomingMessage, response: ServerResponse) => Promise<Answer | 'answered'>): RequestListener => (request, response) => {
  answer(request, response)
    .then((given) => given === 'answered' || write(response, given))
    .catch(() => write(response, { status: 400, body: { error: 'invalid_request' } }));
};

interface Route {
  readonly endpoint: Endpoint;
  readonly method: 'GET' | 'POST';
  readonly path: RegExp;
  readonly answer: (request: IncomingMessage, match: RegExpExecArray) => Promise<Answer> | Answer;
}

/** Starts both servers and resolves when they listen. */
export const startIssuerServer = async (settings: IssuerSettings): Promise<void> => {
  const { port, clients } = settings;
  const ring = await KeyRing.open(settings.privateKeysFile, settings.jwksFile, v2Issuer(port));
  const faults = new Faults();
  const memberships = new Memberships(clients);
  let shape: TokenShape = {};
  const controlled: Controlled = {
    ring,
    faults,
    memberships,
    clients,
    setShape: (wanted) => {
      shape = wanted;
    },
    sign: (client, api, wanted) => signToken(ring, client, api, port, wanted),
  };
  const token = (endpoint: 'v1' | 'v2') => async (request: IncomingMessage) =>
    tokenEndpoint(
      { form: new URLSearchParams(await readBody(request)), authorization: request.headers.authorization, endpoint },
      { clients, shape, sign: (client, api) => signToken(ring, client, api, port, shape) },
    );
  const tenant = (rest: string): RegExp => new RegExp(`^/${TENANT}/${rest}$`);
  const routes: readonly Route[] = [
    { endpoint: 'metadata', method: 'GET', path: tenant('v2\\.0/\\.well-known/openid-configuration'), answer: ({ headers }) => ok(openidConfiguration(port, '2.0', headers.host)) },
    { endpoint: 'metadata', method: 'GET', path: tenant('\\.well-known/openid-configuration'), answer: ({ headers }) => ok(openidConfiguration(port, '1.0', headers.host)) },
    { endpoint: 'metadata', method: 'GET', path: /^\/common\/discovery\/instance$/, answer: ({ headers }) => ok(instanceDiscovery(port, headers.host)) },
    { endpoint: 'keys', method: 'GET', path: tenant('discovery/v2\\.0/keys'), answer: () => ok(ring.jwks('2.0')) },
    { endpoint: 'keys', method: 'GET', path: tenant('discovery/keys'), answer: () => ok(ring.jwks('1.0')) },
    { endpoint: 'token', method: 'POST', path: tenant('oauth2/v2\\.0/token'), answer: token('v2') },
    { endpoint: 'token', method: 'POST', path: tenant('oauth2/token'), answer: token('v1') },
    { endpoint: 'token', method: 'POST', path: /^\/[^/]+\/oauth2\/(v2\.0\/)?token$/, answer: () => refusal('no-such-tenant') },
    {
      endpoint: 'graph',
      method: 'POST',
      path: /^\/v1\.0\/(servicePrincipals|users)\/([^/]+)\/checkMemberGroups$/,
      answer: async (request, match) =>
        checkMemberGroups({ kind: match[1] === 'users' ? 'user' : 'application', objectId: match[2] ?? '', body: await readBody(request), authorization: request.headers.authorization }, ring, memberships),
    },
  ];

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<Answer | 'answered'> => {
    const { pathname } = new URL(request.url ?? '/', 'https://issuer.invalid');
    for (const route of routes) {
      const match = route.path.exec(pathname);
      if (match === null || route.method !== request.method) continue;
      switch (faults.meet(route.endpoint)) {
        case 'none':
          return route.answer(request, match);
        case 'unavailable':
          return { status: 503, body: { error: 'temporarily_unavailable' }, headers: { 'retry-after': '1' } };
        case 'html':
          response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Sign in to the network</title>');
          return 'answered';
        case 'stall':
          return 'answered';
        case 'throttled':
          return { status: 429, body: { error: { code: 'TooManyRequests' } }, headers: { 'retry-after': '30' } };
        case 'redirect':
          return { status: 307, body: {}, headers: { location: `${baseUrl(port)}/redirected` } };
        case 'huge':
          return ok({ value: [], filling: 'x'.repeat(1_048_576) });
        case 'forbidden':
          return graphError(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.');
      }
    }
    return { status: 404, body: { error: 'not_found' } };
  };

  const command = async (request: IncomingMessage): Promise<Answer> =>
    request.headers.authorization === `Bearer ${settings.controlToken}` ? control(JSON.parse(await readBody(request)) as Command, controlled) : { status: 401, body: {} };

  const tls = { cert: readFileSync(settings.certFile), key: readFileSync(settings.keyFile), minVersion: 'TLSv1.2' as const };
  await new Promise<void>((resolve) => createServer(tls, listener(serve)).listen(port, '127.0.0.1', resolve));
  await listenForControl(listener(command), settings.controlPort);
};
