import type { FastifyRequest } from 'fastify';
import type { Act } from './gate.rule.js';

/** The names of the path parameter that holds a topic; a spec holds them against the real routes. */
export const TOPIC_PARAMETERS = ['topic', 'topic_name'] as const;

/** What a request asks for: the operation of its route, and the topic as the router decoded it. */
export const actOf = (request: FastifyRequest): Act => {
  const parameters = request.params as Readonly<Record<string, string | undefined>> | undefined;
  const topic = TOPIC_PARAMETERS.map((name) => parameters?.[name]).find((value) => value !== undefined);
  return { operation: request.record.operation, method: request.method, topic: topic ?? null };
};
