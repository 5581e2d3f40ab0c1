import type { Logger } from 'pino';
import { Counter, type Registry } from 'prom-client';

const KINDS = ['broken-strategy', 'own-token-refused', 'protected-name', 'unexpected-error', 'foreign-broker-address', 'bad-reload', 'audit-sink', 'no-signing-key'] as const;

/** What an operator must look at. A closed set, because each is a label of a metric. */
export type AlarmKind = (typeof KINDS)[number];

/**
 * One place from which an alarm goes to the log and to a counter; its fields hold no credential and no library's text.
 * Made before NestJS starts, because libraries raise alarms too, and injected as it is.
 */
export class Alarms {
  readonly #raised: Counter<'kind'>;

  constructor(
    private readonly log: Logger,
    metrics: Registry,
  ) {
    this.#raised = new Counter({ name: 'postern_alarms_total', help: 'Alarms raised, by kind', labelNames: ['kind'], registers: [metrics] });
    // Rules that watch a counter need it before the first alarm.
    for (const kind of KINDS) this.#raised.inc({ kind }, 0);
  }

  raise(kind: AlarmKind, fields: Readonly<Record<string, string | number | undefined>> = {}): void {
    this.#raised.inc({ kind });
    this.log.error({ alarm: kind, ...fields }, 'alarm');
  }
}
