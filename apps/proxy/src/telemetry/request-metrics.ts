import { Inject, Injectable } from '@nestjs/common';
import { Counter, Histogram, type Registry } from 'prom-client';
import type { RequestRecord } from '../audit/request-record.js';
import { METRICS } from '../wiring/tokens.js';

/** Counts and times of requests. Labels are closed sets of ours; nothing that a caller controls becomes one. */
@Injectable()
export class RequestMetrics {
  readonly #requests: Counter<'operation' | 'status'>;
  readonly #seconds: Histogram<'operation'>;
  readonly #decisions: Counter<'plugin' | 'decision'>;
  readonly #records: Counter;

  constructor(@Inject(METRICS) registry: Registry) {
    const registers = [registry];
    this.#requests = new Counter({ name: 'postern_requests_total', help: 'Requests answered, by operation and status', labelNames: ['operation', 'status'], registers });
    this.#seconds = new Histogram({ name: 'postern_request_seconds', help: 'Time from the request line to the end of the answer', labelNames: ['operation'], buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10], registers });
    this.#decisions = new Counter({ name: 'postern_decisions_total', help: 'Outcomes of authentication, gate and limits, by plugin', labelNames: ['plugin', 'decision'], registers });
    this.#records = new Counter({ name: 'postern_records_total', help: 'Records handed to Kafka', registers });
  }

  observe(record: RequestRecord, status: number, durationMs: number): void {
    this.#requests.inc({ operation: record.operation, status });
    this.#seconds.observe({ operation: record.operation }, durationMs / 1_000);
    this.#decisions.inc({ plugin: record.plugin ?? 'none', decision: record.decision });
    if (record.records !== undefined) this.#records.inc(record.records);
  }
}
