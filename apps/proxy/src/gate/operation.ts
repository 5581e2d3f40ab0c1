import type { ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';

/**
 * Where an operation names its topics: in the path, where the guard sees it; elsewhere (a list, a body), where only the
 * session port does; or nowhere, so that no topic rule can speak of it (I25).
 */
export type TopicPlace = 'path' | 'inside' | 'none';

/** Stable names of what a caller can do, as Confluent's allow lists and metrics spell them. A closed set. */
const PLACES = {
  'api.v2.root': 'none',
  'api.v2.topics.list': 'inside',
  'api.v2.topics.get': 'path',
  'api.v2.partitions.list': 'path',
  'api.v2.produce-to-topic': 'path',
  'api.v2.produce-to-partition': 'path',
  'api.hdinsight.status': 'none',
  'api.hdinsight.topics.list': 'inside',
  'api.hdinsight.topics.create': 'path',
  'api.hdinsight.topics.delete': 'path',
  'api.hdinsight.brokers.list': 'none',
  'api.hdinsight.partitions.list': 'path',
  'api.hdinsight.partitions.get': 'path',
  'api.hdinsight.produce': 'path',
  'api.hdinsight.consume': 'path',
  unrouted: 'none',
} as const satisfies Record<string, TopicPlace>;

export type OperationName = keyof typeof PLACES;
export const APIS = ['v2', 'hdinsight'] as const;
export type ApiName = (typeof APIS)[number];

/** Operations that change the cluster for everybody: each leaves an intent in the audit trail before it is done (I30). */
const ADMINISTRATION: ReadonlySet<OperationName> = new Set(['api.hdinsight.topics.create', 'api.hdinsight.topics.delete'] satisfies OperationName[]);
export const isAdministration = (operation: OperationName): boolean => ADMINISTRATION.has(operation);

export const OPERATIONS = Object.keys(PLACES) as readonly OperationName[];
export const topicPlaceOf = (operation: OperationName): TopicPlace => PLACES[operation];

/** The API that an operation belongs to; null for an unknown path. */
export const apiOf = (operation: OperationName): ApiName | null => (operation === 'unrouted' ? null : operation.startsWith('api.v2.') ? 'v2' : 'hdinsight');

/** Marks a controller method with its operation; the gate refuses a route without one. */
export const Operation = Reflector.createDecorator<OperationName>();

export const operationOf = (reflector: Reflector, context: ExecutionContext): OperationName => {
  const operation = reflector.get(Operation, context.getHandler());
  if (operation === undefined) throw new Error(`${context.getClass().name}.${context.getHandler().name} names no operation`);
  return operation;
};
