import { Inject, Injectable } from '@nestjs/common';
import type { KafkaSessions, ProduceRecord, RecordResult } from '@postern/kafka';
import type { Caller } from '../authn/caller.js';
import { KAFKA_SESSIONS } from '../wiring/tokens.js';

/** Writes records as the caller. Every record has its own result, in the order of the records (Must 9). */
@Injectable()
export class Produce {
  constructor(@Inject(KAFKA_SESSIONS) private readonly sessions: KafkaSessions) {}

  /** @throws KafkaError when nothing could be tried at all: no broker, no credential, a refused token */
  records(caller: Caller, clusterId: string, records: readonly ProduceRecord[]): Promise<readonly RecordResult[]> {
    return this.sessions.withSessionFor(caller.forCluster(clusterId), clusterId, (session) => session.produce(records));
  }
}
