import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { isAdministration } from '../gate/operation.js';
import { RequestError } from '../http/request-error.js';
import { AUDIT } from '../wiring/tokens.js';
import type { AuditTrail } from './audit.trail.js';

/** I30: no administration without a trail. The last guard: what it admits is about to be done. */
@Injectable()
export class AuditGuard implements CanActivate {
  constructor(@Inject(AUDIT) private readonly audit: AuditTrail) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const { record } = request;
    if (isAdministration(record.operation)) {
      const { id: requestId, plugin, authority, principal, principalKey, source, operation, snapshot } = record;
      const topic = (request.params as Readonly<Record<string, string>> | undefined)?.['topic'];
      await this.audit.intent({ requestId, plugin, authority, principal, principalKey, source, operation, resource: topic, snapshot }, 'intent').catch(() => this.#refuse(request));
    } else if (!this.audit.admits) this.#refuse(request);
    return true;
  }

  #refuse({ record }: FastifyRequest): never {
    record.decision = 'could-not-decide';
    record.reason = 'audit-sink';
    throw new RequestError('AUDIT_UNAVAILABLE');
  }
}
