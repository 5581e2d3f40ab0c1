import type { ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';

/** Stable names of what a caller can do, as Confluent's allow lists and metrics spell them. A closed set. */
export type OperationName =
  | 'api.v2.root'
  | 'api.v2.topics.list'
  | 'api.v2.topics.get'
  | 'api.v2.partitions.list'
  | 'api.v2.produce-to-topic'
  | 'api.v2.produce-to-partition'
  | 'api.hdinsight.status'
  | 'api.hdinsight.topics.list'
  | 'api.hdinsight.topics.create'
  | 'api.hdinsight.brokers.list'
  | 'api.hdinsight.partitions.list'
  | 'api.hdinsight.partitions.get'
  | 'api.hdinsight.produce'
  | 'api.hdinsight.consume'
  | 'unrouted';

export type ApiName = 'v2' | 'hdinsight';

/** The API that an operation belongs to; null for an unknown path. */
export const apiOf = (operation: OperationName): ApiName | null => (operation === 'unrouted' ? null : operation.startsWith('api.v2.') ? 'v2' : 'hdinsight');

/** Marks a controller method with its operation; the gate refuses a route without one. */
export const Operation = Reflector.createDecorator<OperationName>();

export const operationOf = (reflector: Reflector, context: ExecutionContext): OperationName => {
  const operation = reflector.get(Operation, context.getHandler());
  if (operation === undefined) throw new Error(`${context.getClass().name}.${context.getHandler().name} names no operation`);
  return operation;
};
