import type { INestApplication } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import type { Provider } from '@nestjs/common';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, type FastifyServerFactory } from 'fastify';
import './http/fastify-request.js';
import { AuditGuard } from './audit/audit.guard.js';
import type { RequestLog } from './audit/request-log.js';
import { RequestRecord } from './audit/request-record.js';
import { AuthenticationGuard } from './authn/authentication.guard.js';
import { takeCredential } from './authn/presented-credential.js';
import { AdmissionGuard } from './gate/admission.guard.js';
import { ListenerApiGuard } from './http/listener-api.guard.js';
import { ErrorFilter } from './http/error.filter.js';
import { checkFraming, originForm } from './http/framing.js';
import { asItIs } from './http/http-errors.js';
import type { KnownRoutes } from './http/known-routes.js';
import { CERTIFICATE, LISTENER, type ListenedRequest } from './http/listener-server.js';
import { RequestError } from './http/request-error.js';
import { sendProblem } from './http/send-problem.js';
import { FloodLimit, sourceOf } from './limits/flood.limit.js';
import { PrincipalLimitGuard } from './limits/principal-limit.guard.js';
import type { RequestMetrics } from './telemetry/request-metrics.js';
import type { NewestSnapshot } from './wiring/snapshot.js';

/*
 * The way of one request, in order (docs/ARCHITECTURE.md draws it). The order of refusals is I3:
 *
 *   1  connection      http/listener-server.ts   TLS, header size and time, connections per address        400 408 431
 *   2  record          audit/request-record.ts   request id; becomes the access line and the audit record
 *   3  credential out  authn/presented-credential.ts   no string of the request holds it after this (I29)
 *   4  framing         http/framing.ts           what Node's parser lets through                            400 405 431
 *   5  flood           limits/flood.limit.ts     per source address                                         429
 *   6  authentication  authn/authentication.guard.ts   one claim, one plugin, one outcome                   400 401 503
 *   7  gate            http/listener-api.guard.ts, gate/admission.guard.ts   is it served here, and may this principal   403 404 503
 *   8  limits          limits/principal-limit.guard.ts                                                      429
 *   9  audit           audit/audit.guard.ts      administration leaves an intent before it is done         503
 *  10  controller      v2/ hdinsight/            wire ↔ domain; the body is read only here                  4xx
 *  11  use-case        records/ cluster/         withSessionFor(caller, cluster, session => …)              Kafka's word
 *  12  error filter    http/error.filter.ts      ErrorCode → status, error_code, Retry-After: one table
 *  13  end             audit/request-log.ts      access line, audit record, metrics, limits given back
 *
 * NestJS runs guards in the order in which they are provided; the filter catches what any of 6-11 throws.
 */
export const GUARDS_IN_ORDER: readonly Provider[] = [
  AuthenticationGuard,
  AdmissionGuard,
  { provide: APP_GUARD, useExisting: AuthenticationGuard },
  { provide: APP_GUARD, useClass: ListenerApiGuard },
  { provide: APP_GUARD, useExisting: AdmissionGuard },
  { provide: APP_GUARD, useClass: PrincipalLimitGuard },
  { provide: APP_GUARD, useClass: AuditGuard },
  { provide: APP_FILTER, useClass: ErrorFilter },
];

const MAX_PARAM_LENGTH = 16_384;

/** The Fastify instance under NestJS, before any route: body parsers out of the way, routes collected. */
export const createHttp = (serverFactory: FastifyServerFactory, routes: KnownRoutes, snapshots: NewestSnapshot, onEnd: RequestEnded): FastifyInstance => {
  const http = fastify({
    serverFactory,
    logger: false,
    rewriteUrl: originForm,
    exposeHeadRoutes: true,
    return503OnClosing: false,
    forceCloseConnections: false,
    // Ids are ours: a caller's own id is another, bounded field (I30).
    requestIdHeader: false,
    genReqId: () => '',
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH, ignoreTrailingSlash: false, caseSensitive: true },
    // The router answers a malformed URL before any hook: the same shape, and a record like any other request.
    frameworkErrors: (error, request, reply) => {
      openRecord(request, reply, snapshots, onEnd);
      sendProblem(error, request, reply, request.snapshot.authentication.challenges);
    },
  });
  // Fastify would parse bodies before NestJS's guards run (tried: 400 and 413 without a credential). The raw stream goes
  // through untouched, and the controller's reader consumes it (I4).
  http.removeAllContentTypeParsers();
  http.addContentTypeParser('*', (_request, _payload, done) => done(null));
  http.decorateRequest('snapshot');
  http.decorateRequest('record');
  http.decorateRequest('statusOf');
  http.decorateRequest('presented');
  http.decorateRequest('shown', null);
  http.decorateRequest('contentType');
  http.decorateRequest('caller', null);
  http.decorateRequest('isOpen', false);
  http.addHook('onRoute', (route) => {
    for (const method of [route.method].flat()) routes.add(method, route.url);
  });
  return http;
};

/** Told once for every request, answered or not. */
export type RequestEnded = (request: FastifyRequest, reply: FastifyReply) => void;

const DRAIN_MS = 1_000;

const openRecord = (request: FastifyRequest, reply: FastifyReply, snapshots: NewestSnapshot, onEnd: RequestEnded): void => {
  const raw: ListenedRequest = request.raw;
  // Node's `close` comes after every answer and when the caller goes away before it; Fastify's onResponse only after an answer.
  reply.raw.once('close', () => {
    if (request.record.end()) onEnd(request, reply);
    dropUnreadBody(raw);
  });
  request.snapshot = snapshots.current;
  request.record = new RequestRecord(raw[LISTENER] ?? 'unknown', sourceOf(raw.socket.remoteAddress), raw.method ?? '', raw.headers['x-request-id']);
  request.record.snapshot = request.snapshot.number;
  // Set here and not by decoration: Fastify's request of a malformed URL has no decorations.
  request.statusOf = asItIs;
  request.presented = takeCredential(raw);
  request.shown = raw[CERTIFICATE] ?? null;
  request.contentType = raw.headers['content-type'];
  if (request.contentType !== undefined) raw.headers['content-type'] = 'application/octet-stream';
};

/** What is left of a body after the answer is drained for a second; a caller that drips it does not keep its socket. */
const dropUnreadBody = (raw: ListenedRequest): void => {
  if (raw.complete || raw.destroyed) return;
  const timer = setTimeout(() => {
    if (!raw.complete) raw.socket.destroy();
  }, DRAIN_MS).unref();
  raw.once('end', () => clearTimeout(timer));
};

/** Stages 2-5 and 13: what stands around NestJS. Called once, after the application is made and before routes are. */
export const installHooks = (http: FastifyInstance, app: INestApplication, routes: KnownRoutes, snapshots: NewestSnapshot, flood: FloodLimit, onEnd: RequestEnded): void => {
  http.addHook('onRequest', (request: FastifyRequest, reply: FastifyReply, done) => {
    openRecord(request, reply, snapshots, onEnd);
    const refusal = checkFraming(request.raw) ?? (flood.admits(request.record.source) ? null : 'FLOOD');
    if (refusal === null) {
      void reply.header('x-request-id', request.record.id);
      return done();
    }
    request.record.reason = refusal === 'FLOOD' ? 'source-flood' : 'framing';
    sendProblem(new RequestError(refusal), request, reply, request.snapshot.authentication.challenges);
  });

  // An unknown path meets no NestJS guard, so the same two are asked here: unknown is 401 for a stranger (I5).
  const [authenticates, admits] = [app.get(AuthenticationGuard), app.get(AdmissionGuard)];
  http.setNotFoundHandler(async (request, reply) => {
    try {
      await authenticates.authenticate(request);
      admits.admit(request);
      const allow = routes.methodsOf(request.url);
      throw allow.length > 0 ? new RequestError('METHOD_NOT_ALLOWED', undefined, { allow }) : new RequestError('ROUTE_NOT_FOUND');
    } catch (error) {
      sendProblem(error, request, reply, request.snapshot.authentication.challenges);
      return reply;
    }
  });
};

/** Stage 13. */
export const requestEnded =
  (log: RequestLog, metrics: RequestMetrics): RequestEnded =>
  ({ record }, { raw }) => {
    const durationMs = performance.now() - record.startedAt;
    log.write(record, { status: raw.statusCode, durationMs, aborted: !raw.writableFinished });
    metrics.observe(record, raw.statusCode, durationMs);
  };
