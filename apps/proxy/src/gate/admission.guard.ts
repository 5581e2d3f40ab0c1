import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { RequestError } from '../http/request-error.js';
import { IDENTITY } from '../wiring/tokens.js';
import type { Identity } from '../wiring/identity.js';
import { Operation, type OperationName } from './operation.js';

/**
 * May this principal use this at all (I24)? Runs after authentication and before a byte of the body is read. The
 * operation comes from the route that matched, never from URL text (I25).
 */
@Injectable()
export class AdmissionGuard implements CanActivate {
  constructor(
    @Inject(IDENTITY) private readonly identity: Identity,
    private readonly reflector: Reflector,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const operation = this.reflector.get(Operation, context.getHandler());
    if (operation === undefined) throw new Error(`${context.getClass().name}.${context.getHandler().name} names no operation`);
    return this.admit(context.switchToHttp().getRequest<FastifyRequest>(), operation);
  }

  /** @throws RequestError FORBIDDEN, COULD_NOT_DECIDE */
  admit(request: FastifyRequest, operation: OperationName): true {
    const { caller, record } = request;
    if (caller === null) throw new Error('a route was reached without a caller');
    record.operation = operation;
    const admission = this.identity.authorities.admission(caller.principal);
    switch (admission.kind) {
      case 'admitted':
        return true;
      case 'refused':
        record.decision = 'forbidden';
        record.reason = admission.reason;
        throw new RequestError('FORBIDDEN');
      case 'unknown':
        record.decision = 'could-not-decide';
        record.reason = 'groups-unknown';
        throw new RequestError('COULD_NOT_DECIDE');
    }
  }
}
