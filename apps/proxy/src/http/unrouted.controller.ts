import { All, Controller, Inject, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Operation } from '../gate/operation.js';
import { KNOWN_ROUTES } from '../wiring/tokens.js';
import type { KnownRoutes } from './known-routes.js';
import { RequestError } from './request-error.js';

/** Every path that no API has. It is a route like any other, so that the guards stand before it too: unknown is 401 (I5). */
@Controller()
export class UnroutedController {
  constructor(@Inject(KNOWN_ROUTES) private readonly routes: KnownRoutes) {}

  @All('*')
  @Operation('unrouted')
  answer(@Req() request: FastifyRequest): never {
    throw new RequestError(this.routes.methodsOf(request.url).length > 0 ? 'METHOD_NOT_ALLOWED' : 'ROUTE_NOT_FOUND');
  }
}
