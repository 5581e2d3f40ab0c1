import { readFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { listenForControl, readBody } from '../src/processes/json.server.ts';
import { mdsError, type MdsAnswer } from './mds.answers.ts';
import { callerOf, certificateName } from './mds.caller.ts';
import { ROUTES, type MdsCalls } from './mds.calls.ts';
import { controlMds, type MdsCommand, type MdsState } from './mds.control.ts';
import { answerFault } from './mds.faults.ts';
import { mdsUrl, type MdsSettings } from './mds.settings.ts';
import { signMdsToken } from './mds.token.ts';
import { SigningKey } from './signing-key.ts';

const write = (response: ServerResponse, { status, body, headers }: MdsAnswer): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
};

const listener = (answer: (request: IncomingMessage, response: ServerResponse) => Promise<MdsAnswer | 'answered'>): RequestListener => (request, response) => {
  answer(request, response)
    .then((given) => given === 'answered' || write(response, given))
    .catch(() => write(response, { status: 500, body: { status_code: 500, message: 'internal error' } }));
};

/** Starts both servers and resolves when they listen. */
export const startMdsServer = async (settings: MdsSettings): Promise<void> => {
  const key = await SigningKey.open(settings);
  const state: MdsState = { fault: 'none', shape: {}, nodes: [], grants: [], counts: new Map() };
  const sign: MdsCalls['sign'] = (sub, shape = {}) => {
    const { lifeSeconds = settings.lifeSeconds, ...rest } = { ...state.shape, ...shape };
    return signMdsToken(key.privateKey, sub, { ...rest, lifeSeconds, claims: { ...state.shape.claims, ...shape.claims } });
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<MdsAnswer | 'answered'> => {
    const { pathname: path } = new URL(request.url ?? '/', 'https://mds.invalid');
    const route = ROUTES.find((each) => each.path.test(path));
    if (route === undefined) return mdsError(404, 'no such resource');
    if (route.method !== request.method) return mdsError(405, 'method not allowed');
    state.counts.set(route.call, (state.counts.get(route.call) ?? 0) + 1);
    if (route.isOpen !== true && answerFault(state.fault, response)) return 'answered';
    const caller = certificateName(request.socket) ?? (await callerOf(request.headers.authorization, key, settings.directory));
    if (caller === null && route.isOpen !== true) return mdsError(401, 'Unauthorized');
    return route.answer({ caller: caller ?? '', path, body: await readBody(request), ownUrl: mdsUrl(settings.port) }, { settings, state, sign });
  };
  const command = async (request: IncomingMessage): Promise<MdsAnswer> => {
    if (request.headers.authorization !== `Bearer ${settings.controlToken}`) return { status: 401, body: {} };
    const controlled = { state, rotate: () => key.rotate(), sign: (sub: string, shape: MdsState['shape']) => sign(sub, shape).token };
    return { status: 200, body: await controlMds(JSON.parse(await readBody(request)) as MdsCommand, controlled) };
  };

  const tls = { cert: readFileSync(settings.certFile), key: readFileSync(settings.keyFile), minVersion: 'TLSv1.2' as const, ...(settings.clientCaFile === undefined ? {} : { ca: readFileSync(settings.clientCaFile), requestCert: true, rejectUnauthorized: false }) };
  await new Promise<void>((resolve) => createServer(tls, listener(serve)).listen(settings.port, '127.0.0.1', resolve));
  await listenForControl(listener(command), settings.controlPort);
};
