import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { VerifiedPrincipal } from '@postern/auth-plugins';
import type { RequestRecord } from '../audit/request-record.js';
import { RequestError } from '../http/request-error.js';
import { actOf } from './act-of.js';

/**
 * May this principal come in at all, and may it do this (I24)? Runs after authentication and before a byte of the body is read. It asks
 * about the route that matched, never about URL text (I25).
 */
@Injectable()
export class AdmissionGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return this.admit(context.switchToHttp().getRequest<FastifyRequest>());
  }

  /** @throws RequestError FORBIDDEN, COULD_NOT_DECIDE */
  admit(request: FastifyRequest): true {
    const { caller, record } = request;
    if (request.isOpen) return true;
    if (caller === null) throw new Error('a route was reached without a caller');
    const admission = request.snapshot.identity.authorities.admission(caller.principal);
    switch (admission.kind) {
      case 'admitted':
        return this.#mayAct(request, caller.principal);
      case 'refused':
        return this.#forbid(record, admission.reason);
      case 'unknown':
        return this.#undecided(record);
    }
  }

  #mayAct(request: FastifyRequest, principal: VerifiedPrincipal): true {
    const { record } = request;
    const decision = request.snapshot.gate.decide(principal, actOf(request));
    switch (decision.kind) {
      case 'allowed':
        return true;
      case 'denied':
        return this.#forbid(record, decision.reason);
      case 'unknown':
        return this.#undecided(record);
    }
  }

  #forbid(record: RequestRecord, reason: string): never {
    record.decision = 'forbidden';
    record.reason = reason;
    throw new RequestError('FORBIDDEN');
  }

  /** I24: a rule asks for groups that are not known. */
  #undecided(record: RequestRecord): never {
    record.decision = 'could-not-decide';
    record.reason = 'groups-unknown';
    throw new RequestError('COULD_NOT_DECIDE');
  }
}
