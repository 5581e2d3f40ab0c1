import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Settings } from '../config/settings.schema.js';
import { RequestError } from '../http/request-error.js';
import { SETTINGS } from '../wiring/tokens.js';

/** How many requests of one principal may be under way. The place is given back at the response's end (request-path.ts). */
@Injectable()
export class PrincipalLimitGuard implements CanActivate {
  readonly #underWay = new Map<string, number>();

  constructor(@Inject(SETTINGS) private readonly settings: Pick<Settings, 'limits'>) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (request.isOpen) return true;
    const key = request.caller?.principal.key;
    if (key === undefined) throw new Error('a limit was reached without a caller');
    const now = this.#underWay.get(key) ?? 0;
    if (now >= this.settings.limits.concurrentPerPrincipal) {
      request.record.decision = 'limited';
      request.record.reason = 'principal-concurrency';
      throw new RequestError('FLOOD');
    }
    this.#underWay.set(key, now + 1);
    // A caller that is gone already has ended: its place is given back at once.
    request.record.whenEnded(() => this.#giveBack(key));
    return true;
  }

  #giveBack(key: string): void {
    const left = (this.#underWay.get(key) ?? 1) - 1;
    if (left === 0) this.#underWay.delete(key);
    else this.#underWay.set(key, left);
  }
}
