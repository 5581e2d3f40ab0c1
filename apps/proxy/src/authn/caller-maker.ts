import { Inject, Injectable } from '@nestjs/common';
import { KafkaNameRefused, type Plugin, type VerifiedPrincipal } from '@postern/auth-plugins';
import type { KafkaCaller } from '@postern/kafka';
import type { Act } from '../gate/gate.rule.js';
import { RequestError } from '../http/request-error.js';
import { Alarms } from '../telemetry/alarms.js';
import type { SessionLedger } from '../wiring/session-ledger.js';
import type { Snapshot } from '../wiring/snapshot.js';
import { SESSION_LEDGER } from '../wiring/tokens.js';
import type { Caller } from './caller.js';
import type { PresentedCredential } from './presented-credential.js';

/** Makes a request's caller: the principal and, for a cluster, the source of the token that Kafka will see. */
@Injectable()
export class CallerMaker {
  constructor(
    @Inject(SESSION_LEDGER) private readonly ledger: Pick<SessionLedger, 'admitted'>,
    private readonly alarms: Alarms,
  ) {}

  /**
   * @param act what the request asks for: the topic rule is made for it (I25)
   * @param onName told the Kafka name of the principal, for the audit record
   */
  make(snapshot: Snapshot, plugin: Plugin, principal: VerifiedPrincipal, presented: PresentedCredential, act: Act, onName: (kafkaName: string) => void): Caller {
    return {
      principal,
      forCluster: (clusterId) => {
        const caller = this.#onCluster(snapshot, principal, presented, act, clusterId);
        // What a later snapshot is asked about (I27).
        this.ledger.admitted(caller.credentials, principal, plugin);
        onName(caller.credentials.kafkaName);
        return caller;
      },
    };
  }

  #onCluster({ identity, gate }: Snapshot, principal: VerifiedPrincipal, presented: PresentedCredential, act: Act, clusterId: string): KafkaCaller {
    try {
      const credentials = identity.matrix.sourceFor(principal, 'secret' in presented ? presented.secret : null, clusterId);
      return { credentials, topics: gate.topicRule(principal, act) };
    } catch (error) {
      if (!(error instanceof KafkaNameRefused)) throw error;
      if (error.kind === 'protected') this.alarms.raise('protected-name', { authority: principal.authority, cluster: clusterId });
      throw new RequestError(error.kind === 'protected' ? 'PROTECTED_NAME' : 'FORBIDDEN');
    }
  }
}
