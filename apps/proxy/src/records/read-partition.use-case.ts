import { Inject, Injectable } from '@nestjs/common';
import type { FetchRequest, FetchResult, KafkaSessions } from '@postern/kafka';
import type { Caller } from '../authn/caller.js';
import { KAFKA_SESSIONS } from '../wiring/tokens.js';

/** Reads from one offset of one partition, without a group. */
@Injectable()
export class ReadPartition {
  constructor(@Inject(KAFKA_SESSIONS) private readonly sessions: KafkaSessions) {}

  /** @throws KafkaError OFFSET_OUT_OF_RANGE: an offset is never moved silently */
  run(caller: Caller, clusterId: string, request: FetchRequest): Promise<FetchResult> {
    return this.sessions.withSessionFor(caller.forCluster(clusterId), clusterId, (session) => session.fetch(request));
  }
}
