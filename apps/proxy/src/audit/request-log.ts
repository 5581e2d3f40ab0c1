import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { AUDIT, LOGGER } from '../wiring/tokens.js';
import type { AuditTrail } from './audit.trail.js';
import { aclCommand } from './acl-command.js';
import type { RequestRecord } from './request-record.js';

/** What the response's end adds. `aborted`: the caller went away before it had the whole answer. */
export interface Ending {
  readonly status: number;
  readonly durationMs: number;
  readonly aborted: boolean;
}

/** One access line and one audit record for each request, refused ones included (I30). */
@Injectable()
export class RequestLog {
  constructor(
    @Inject(LOGGER) private readonly log: Logger,
    @Inject(AUDIT) private readonly audit: AuditTrail,
  ) {}

  write(record: RequestRecord, { status, durationMs, aborted }: Ending): void {
    const { id: requestId, clientRequestId, listener, source, operation } = record;
    const ms = Math.round(durationMs * 100) / 100;
    this.log.info(
      { kind: 'access', requestId, clientRequestId, listener, source, method: record.method, operation, status, ms, bytesIn: record.bytesIn, records: record.records, aborted: aborted || undefined },
      'access',
    );
    this.audit.write(
      {
        requestId,
        plugin: record.plugin,
        authority: record.authority,
        principal: record.principal,
        principalKey: record.principalKey,
        kafkaName: record.kafkaName,
        source,
        typedName: record.typedName,
        operation,
        cluster: record.cluster,
        resource: record.resource,
        snapshot: record.snapshot,
        decision: record.decision,
        reason: record.reason,
        error: record.error,
        grant: aclCommand(record),
        status,
        ms,
      },
      'audit',
    );
  }

  /** A request that Node's parser refused: there is no more to tell than where it came from. */
  refusedFraming(listener: string, source: string, status: number): void {
    this.log.info({ kind: 'access', listener, source, operation: 'framing', status }, 'access');
    this.audit.write({ operation: 'framing', decision: 'refused', reason: 'framing', status, source }, 'audit');
  }
}
