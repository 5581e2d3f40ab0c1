import type { Logger } from 'pino';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { LineStream } from '../telemetry/line.stream.js';

/**
 * Where audit records go (I30). Administration and minting hand an *intent* to the operating system before the act; every
 * request leaves its outcome. While the sink fails, administration is refused; all else goes on or not by a setting, with
 * an alarm and a count of what was lost.
 */
export class AuditTrail {
  constructor(
    private readonly lines: Pick<Logger, 'info'>,
    private readonly stream: Pick<LineStream, 'handOver' | 'isFailing' | 'lost' | 'onState'>,
    private readonly whenFailing: 'continue' | 'refuse',
  ) {}

  /** Written in the background. */
  write(record: object, text: string): void {
    this.lines.info({ kind: 'audit', ...record }, text);
  }

  /** @throws Error when the sink did not take it: the act must not happen */
  async intent(record: object, text: string): Promise<void> {
    this.write({ ...record, phase: 'intent' }, text);
    await this.stream.handOver();
  }

  /** As `intent`, but for what may go on without a trail where the setting says so. */
  async intentOrGap(record: object, text: string): Promise<void> {
    await this.intent(record, text).catch((error: unknown) => {
      if (this.whenFailing === 'refuse') throw error;
    });
  }

  /** Whether requests that leave only an outcome may be served now. */
  get admits(): boolean {
    return this.whenFailing === 'continue' || !this.stream.isFailing;
  }

  /** @param alarm told when the sink begins to fail */
  watch(metrics: Registry, alarm: () => void): void {
    const { stream } = this;
    metrics.registerMetric(new Gauge({ name: 'postern_log_failing', help: '1 while standard output takes no lines of log and audit', registers: [], collect() { this.set(stream.isFailing ? 1 : 0); } }));
    metrics.registerMetric(new Counter({ name: 'postern_log_lines_lost_total', help: 'Lines of log and audit that were lost because standard output took none', registers: [], collect() { this.reset(); this.inc(stream.lost); } }));
    stream.onState = (isFailing) => {
      if (isFailing) alarm();
    };
  }
}
