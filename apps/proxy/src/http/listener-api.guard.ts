import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import type { Settings } from '../config/settings.schema.js';
import { apiOf, operationOf, type ApiName } from '../gate/operation.js';
import { SETTINGS } from '../wiring/tokens.js';
import { RequestError } from './request-error.js';

/** A listener serves the APIs of its settings; any other is as if it were not there. */
@Injectable()
export class ListenerApiGuard implements CanActivate {
  readonly #served: ReadonlyMap<string, readonly ApiName[]>;

  constructor(
    @Inject(SETTINGS) settings: Settings,
    private readonly reflector: Reflector,
  ) {
    this.#served = new Map(settings.listeners.map(({ name, apis }) => [name, apis]));
  }

  canActivate(context: ExecutionContext): boolean {
    const api = apiOf(operationOf(this.reflector, context));
    const { record } = context.switchToHttp().getRequest<FastifyRequest>();
    if (api === null || this.#served.get(record.listener)?.includes(api) === true) return true;
    record.operation = 'unrouted';
    throw new RequestError('ROUTE_NOT_FOUND');
  }
}
