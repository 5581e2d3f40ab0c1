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
  | 'unrouted';

/** Marks a controller method with its operation; the gate refuses a route without one. */
export const Operation = Reflector.createDecorator<OperationName>();

export const operationOf = (reflector: Reflector, context: ExecutionContext): OperationName => {
  const operation = reflector.get(Operation, context.getHandler());
  if (operation === undefined) throw new Error(`${context.getClass().name}.${context.getHandler().name} names no operation`);
  return operation;
};
