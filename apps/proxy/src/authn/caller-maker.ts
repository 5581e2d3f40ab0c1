import { Inject, Injectable } from '@nestjs/common';
import { KafkaNameRefused, type VerifiedPrincipal } from '@postern/auth-plugins';
import type { KafkaCaller } from '@postern/kafka';
import type { Act } from '../gate/gate.rule.js';
import { TopicRules } from '../gate/topic-rules.js';
import { RequestError } from '../http/request-error.js';
import { Alarms } from '../telemetry/alarms.js';
import { IDENTITY } from '../wiring/tokens.js';
import type { Identity } from '../wiring/identity.js';
import type { Caller } from './caller.js';
import type { PresentedCredential } from './presented-credential.js';

/** Makes a request's caller: the principal and, for a cluster, the source of the token that Kafka will see. */
@Injectable()
export class CallerMaker {
  constructor(
    @Inject(IDENTITY) private readonly identity: Identity,
    private readonly topicRules: TopicRules,
    private readonly alarms: Alarms,
  ) {}

  /**
   * @param act what the request asks for: the topic rule is made for it (I25)
   * @param onName told the Kafka name of the principal, for the audit record
   */
  make(principal: VerifiedPrincipal, presented: PresentedCredential, act: Act, onName: (kafkaName: string) => void): Caller {
    return {
      principal,
      forCluster: (clusterId) => {
        const caller = this.#onCluster(principal, presented, act, clusterId);
        onName(caller.credentials.kafkaName);
        return caller;
      },
    };
  }

  #onCluster(principal: VerifiedPrincipal, presented: PresentedCredential, act: Act, clusterId: string): KafkaCaller {
    try {
      const credentials = this.identity.matrix.sourceFor(principal, 'secret' in presented ? presented.secret : null, clusterId);
      return { credentials, topics: this.topicRules.forRequest(principal, act) };
    } catch (error) {
      if (!(error instanceof KafkaNameRefused)) throw error;
      if (error.kind === 'protected') this.alarms.raise('protected-name', { authority: principal.authority, cluster: clusterId });
      throw new RequestError(error.kind === 'protected' ? 'PROTECTED_NAME' : 'FORBIDDEN');
    }
  }
}
