import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { actOf } from '../gate/act-of.js';
import { operationOf } from '../gate/operation.js';
import { Alarms } from '../telemetry/alarms.js';
import { typedName } from '../audit/typed-name.js';
import { toldSource } from '../limits/flood.limit.js';
import { RequestError } from '../http/request-error.js';
import type { AuthenticationOutcome } from './authentication.js';
import { ApiTerms } from './api-terms.js';
import { CallerMaker } from './caller-maker.js';

/**
 * The one global guard of authentication. Deny by default: every route of every listener passes here, and none can mark
 * itself as open (I5): what a setting opens stands in api-terms.ts. It accepts exactly one outcome (I6) and leaves a `Caller` on the request.
 */
@Injectable()
export class AuthenticationGuard implements CanActivate {
  constructor(
    private readonly callers: CallerMaker,
    private readonly alarms: Alarms,
    private readonly reflector: Reflector,
    private readonly terms: ApiTerms,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    // What was asked for stands in the audit record of a refusal too.
    request.record.operation = operationOf(this.reflector, context);
    await this.authenticate(request);
    return true;
  }

  /** Also asked by the handler of unknown paths, which NestJS's guards never see. @throws RequestError */
  async authenticate(request: FastifyRequest): Promise<void> {
    request.statusOf = this.terms.statusOf(request);
    request.presented = this.terms.presented(request);
    const outcome = await request.snapshot.authentication.authenticate(request.presented, request.shown, toldSource(request.record.source));
    // Asked all the same: a certificate that is not valid, or is missing where one is required, opens nothing (I2).
    if (outcome.kind === 'none' && this.terms.isOpen(request)) {
      request.isOpen = true;
      return;
    }
    this.#accept(request, outcome);
  }

  #accept(request: FastifyRequest, outcome: AuthenticationOutcome): void {
    const { record } = request;
    if ('plugin' in outcome) record.plugin = outcome.plugin.id;
    switch (outcome.kind) {
      case 'verified':
        record.authority = outcome.principal.authority;
        record.principal = outcome.principal.name;
        record.principalKey = outcome.principal.key;
        if (!this.terms.isGoodFor(outcome.principal, request)) throw this.#refuse(request, 'unauthenticated', 'wrong-audience', new RequestError('UNAUTHENTICATED'));
        request.caller = this.callers.make(request.snapshot, outcome.plugin, outcome.principal, request.presented, actOf(request), (kafkaName) => {
          record.kafkaName = kafkaName;
        });
        return;
      case 'none':
        throw this.#refuse(request, 'unauthenticated', 'no-credential', new RequestError('UNAUTHENTICATED', 'Authentication is required.'));
      case 'malformed':
        throw this.#refuse(request, 'refused', 'malformed-credential', new RequestError('MALFORMED_CREDENTIAL'));
      case 'unclaimed':
        throw this.#refuse(request, 'unauthenticated', 'unclaimed', new RequestError('UNAUTHENTICATED'));
      case 'rejected':
        record.principal = 'unknown';
        record.typedName = typedName(request.presented);
        throw this.#refuse(request, 'unauthenticated', outcome.reason, new RequestError('UNAUTHENTICATED'));
      case 'throttled':
        record.principal = 'unknown';
        record.typedName = typedName(request.presented);
        throw this.#refuse(request, 'limited', 'login-budget', new RequestError('LOGIN_THROTTLED', undefined, { retryAfterSeconds: outcome.retryAfterSeconds }));
      case 'unavailable':
        throw this.#refuse(request, 'could-not-decide', `${outcome.upstream}-unavailable`, new RequestError('COULD_NOT_DECIDE', undefined, { retryAfterSeconds: outcome.retryAfterSeconds }));
      case 'broken':
        this.alarms.raise('broken-strategy', { plugin: outcome.plugin.id, what: outcome.what });
        throw this.#refuse(request, 'could-not-decide', 'broken-strategy', new RequestError('UNEXPECTED'));
    }
  }

  #refuse(request: FastifyRequest, decision: FastifyRequest['record']['decision'], reason: string, error: RequestError): RequestError {
    request.record.decision = decision;
    request.record.reason = reason;
    return error;
  }
}
