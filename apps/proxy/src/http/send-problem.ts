import type { FastifyReply, FastifyRequest } from 'fastify';
import { chooseMediaType } from './media-type.js';
import type { ErrorCode, StatusOf } from './http-errors.js';
import { RequestError } from './request-error.js';
import { problemBody, problemOf, type Problem } from './problem.js';
import { V2_TYPE } from './v2-type.js';
import { answerAndClose, hasLargeUnreadBody } from './unread-body.js';

/**
 * Answers a request with a problem: status, challenges on 401 (I2), Retry-After, the API's body shape, and the rule for a
 * body that was not read (design §6). @returns the code, for the log
 */
export const sendProblem = (error: unknown, request: FastifyRequest, reply: FastifyReply, challenges: readonly string[]): ErrorCode => {
  const problem = asDeclared(problemOf(error), request.statusOf);
  request.record.error = problem.code;
  if (request.record.decision === 'allowed') request.record.decision = decisionOf(problem);
  if (reply.sent || reply.raw.headersSent) return problem.code;
  const headers = headersOf(problem, request, challenges, error instanceof RequestError ? error.allow : undefined);
  // Accept cannot be met: no type to answer in, so no body (Confluent contract 0.1).
  const body = problem.status === 406 ? '' : problemBody(problem);
  if (hasLargeUnreadBody(request.raw)) {
    reply.hijack();
    answerAndClose(request.raw, reply.raw, problem.status, headers, request.method === 'HEAD' ? '' : body);
  } else {
    // A handler's own type may be set already; bytes, because Fastify adds a charset to the type of a text.
    void reply.removeHeader('content-type').code(problem.status).headers(headers).send(body === '' ? undefined : Buffer.from(body));
  }
  return problem.code;
};

/** A plain code is the status itself; a five-digit one keeps its meaning. */
const asDeclared = (problem: Problem, statusOf: StatusOf): Problem => {
  const status = statusOf(problem.status, problem.code);
  return status === problem.status ? problem : { ...problem, status, errorCode: problem.errorCode === problem.status ? status : problem.errorCode };
};

/** For methods that no path has: which ones a path has is not told before the caller is known (I5). */
const EVERY_METHOD = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'];

const headersOf = (problem: Problem, request: FastifyRequest, challenges: readonly string[], allow: readonly string[] = EVERY_METHOD): Record<string, string | string[]> => {
  const headers: Record<string, string | string[]> = { 'x-request-id': request.record.id, 'cache-control': 'no-store' };
  if (problem.status !== 406) headers['content-type'] = errorType(request);
  if (problem.status === 401) headers['www-authenticate'] = [...challenges];
  // A certificate belongs to its socket: with another one, or a new proof, the caller has to connect again.
  if (problem.status === 401 && request.shown !== null) headers['connection'] = 'close';
  if (problem.retryAfterSeconds !== undefined) headers['retry-after'] = String(problem.retryAfterSeconds);
  if (problem.status === 405) headers['allow'] = allow.join(', ');
  return headers;
};

/** Inside a matched v2 route its own type, inside one of HDInsight JSON; before a route was chosen the best of the two for the Accept header. */
const errorType = (request: FastifyRequest): string =>
  request.record.operation.startsWith('api.v2.')
    ? V2_TYPE
    : request.record.operation.startsWith('api.hdinsight.')
      ? 'application/json'
      : (chooseMediaType(request.headers.accept, ['application/json', V2_TYPE]) ?? 'application/json');

const decisionOf = ({ status }: Problem): FastifyRequest['record']['decision'] => {
  if (status === 401) return 'unauthenticated';
  if (status === 403) return 'forbidden';
  return status === 429 ? 'limited' : 'refused';
};
