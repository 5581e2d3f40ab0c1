import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { VerifiedPrincipal } from '@postern/auth-plugins';
import type { Settings } from '../config/settings.schema.js';
import { apiOf, type ApiName, type OperationName } from '../gate/operation.js';
import { asItIs, hdinsightStatus, type StatusOf } from '../http/http-errors.js';
import { SETTINGS } from '../wiring/tokens.js';
import type { PresentedCredential } from './presented-credential.js';

/** The operations that a setting may open to everyone (I5): a literal list. */
const OPENABLE: readonly OperationName[] = ['api.hdinsight.status'];

/** What differs between the APIs in who may call and how it is answered; asked by the matched route, never by URL text. */
@Injectable()
export class ApiTerms {
  readonly #served: ReadonlyMap<string, readonly ApiName[]>;
  readonly #hdinsight: Settings['hdinsight'];
  readonly #hdinsightStatus: StatusOf;

  constructor(@Inject(SETTINGS) settings: Settings) {
    this.#served = new Map(settings.listeners.map(({ name, apis }) => [name, apis]));
    this.#hdinsight = settings.hdinsight;
    this.#hdinsightStatus = hdinsightStatus(settings.hdinsight);
  }

  statusOf({ record }: FastifyRequest): StatusOf {
    const api = apiOf(record.operation);
    const isHdinsights = api === 'hdinsight' || (api === null && this.#served.get(record.listener)?.every((each) => each === 'hdinsight') === true);
    return isHdinsights ? this.#hdinsightStatus : asItIs;
  }

  /** The credential as this API takes it. A bare token stays malformed wherever the setting does not take it (I2). */
  presented({ presented, record }: FastifyRequest): PresentedCredential {
    const isTaken = presented.kind === 'bare-token' && this.#hdinsight.bareToken && this.#isHdinsight(record.operation, record.listener);
    return isTaken ? { kind: 'bearer', secret: presented.secret } : presented;
  }

  /** Nobody needs to say who is calling. Whoever says so all the same is asked like everyone (I2). */
  isOpen({ presented, record }: FastifyRequest): boolean {
    return this.#hdinsight.openStatus && presented.kind === 'none' && OPENABLE.includes(record.operation) && this.#isHdinsight(record.operation, record.listener);
  }

  /** A token for another resource is good for that resource's API, where it is served, and for nothing else (I20). */
  isGoodFor({ onlyFor }: VerifiedPrincipal, { record }: FastifyRequest): boolean {
    if (onlyFor === undefined) return true;
    const api = apiOf(record.operation);
    return (api === null || api === onlyFor) && this.#served.get(record.listener)?.includes(onlyFor) === true;
  }

  #isHdinsight(operation: OperationName, listener: string): boolean {
    return apiOf(operation) === 'hdinsight' && this.#served.get(listener)?.includes('hdinsight') === true;
  }
}
