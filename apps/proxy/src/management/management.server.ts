import { createServer, type Server, type ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import type { ReadinessCheck } from './readiness.js';

const answer = (response: ServerResponse, status: number, type: string, body: string): void => {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body), 'cache-control': 'no-store' }).end(body);
};

/** Health, readiness and metrics, on a loopback port of its own (I18): no caller's name, topic or token is in any of them. */
export const createManagementServer = (readiness: ReadinessCheck, metrics: Registry): Server =>
  createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, (request, response) => {
    void (async () => {
      if (request.method !== 'GET' && request.method !== 'HEAD') return answer(response, 405, 'text/plain', 'method not allowed\n');
      const path = request.url?.split('?')[0];
      if (path === '/healthz') return answer(response, 200, 'application/json', '{"status":"up"}');
      if (path === '/metrics') return answer(response, 200, metrics.contentType, await metrics.metrics());
      if (path !== '/readyz') return answer(response, 404, 'text/plain', 'not found\n');
      const state = await readiness.state();
      return answer(response, state.status === 'not-ready' ? 503 : 200, 'application/json', JSON.stringify(state));
    })().catch(() => answer(response, 500, 'text/plain', 'internal error\n'));
  });
