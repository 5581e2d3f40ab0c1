import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { RequestListener, Server } from 'node:http';
import type { Provider } from '@nestjs/common';
import { AppModule } from '../app.module.js';
import { RequestLog } from '../audit/request-log.js';
import type { LoadedSettings } from '../config/load-settings.js';
import { KnownRoutes } from '../http/known-routes.js';
import { createListenerServer } from '../http/listener-server.js';
import { FloodLimit } from '../limits/flood.limit.js';
import { assertCertificateListeners } from './certificate-listeners.js';
import type { NewestSnapshot } from './snapshot.js';
import { createHttp, installHooks, requestEnded, type RequestEnded } from '../request-path.js';
import { RequestMetrics } from '../telemetry/request-metrics.js';

/** The application behind its listeners. Nothing listens yet. */
export interface Proxy {
  readonly app: NestFastifyApplication;
  /** By listener name. */
  readonly servers: ReadonlyMap<string, Server>;
  readonly routes: KnownRoutes;
}

/** NestJS would answer unknown paths itself, before any guard: that handler is ours (request-path.ts). */
class DenyingAdapter extends FastifyAdapter {
  override setNotFoundHandler(): ReturnType<FastifyAdapter['setNotFoundHandler']> {
    return this.getInstance();
  }
}

/** One Nest application behind several node servers: Fastify is given the first, and all share its handler (design §6). */
export const createProxy = async ({ settings, pathOf }: LoadedSettings, snapshots: NewestSnapshot, parts: readonly Provider[]): Promise<Proxy> => {
  const { authentication } = snapshots.current;
  const routes = new KnownRoutes();
  const servers = new Map<string, Server>();
  // Servers and hooks stand before NestJS makes these.
  const late: { log: RequestLog | null; end: RequestEnded | null } = { log: null, end: null };
  const onEnd: RequestEnded = (request, reply) => late.end?.(request, reply);
  assertCertificateListeners(settings.listeners, authentication.certificates);
  const trust = { certificates: authentication.certificates, maxProofAgeSeconds: settings.identity.maxProofAgeSeconds };
  const serve = (handle: RequestListener): Server => {
    for (const listener of settings.listeners) {
      servers.set(listener.name, createListenerServer(listener, pathOf, settings.limits, trust, handle, (...refusal) => late.log?.refusedFraming(...refusal)));
    }
    const [first] = servers.values();
    if (first === undefined) throw new Error('no listener');
    return first;
  };
  const http = createHttp(serve as Parameters<typeof createHttp>[0], routes, snapshots, onEnd);
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.of(parts, settings),
    new DenyingAdapter(http as never),
    // Bodies are for the controllers' reader; NestJS's own log lines are not ours and say nothing that an operator needs.
    { bodyParser: false, logger: false, abortOnError: false },
  );
  const log = app.get(RequestLog);
  late.log = log;
  late.end = requestEnded(log, app.get(RequestMetrics));
  installHooks(http, app, routes, snapshots, new FloodLimit(() => snapshots.current.settings.limits), onEnd);
  await app.init();
  await http.ready();
  return { app, servers, routes };
};
