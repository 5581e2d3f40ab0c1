import type { FastifyRequest } from 'fastify';
import type { Caller } from './caller.js';

const SHOWN = 256;

/**
 * The request's caller, and what it is about to touch for the audit record. Throws when no guard has put one there: a
 * handler without a caller is a bug, never an anonymous call (Must 3).
 */
export const callerOf = (request: FastifyRequest, cluster: string, topic?: string): Caller => {
  const { caller, record } = request;
  if (caller === null) throw new Error('a handler was reached without a caller');
  record.cluster = cluster;
  record.resource = topic === undefined ? undefined : topic.slice(0, SHOWN);
  return caller;
};
