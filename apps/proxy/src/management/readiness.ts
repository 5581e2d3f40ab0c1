import type { HealthState, Plugin } from '@postern/auth-plugins';

/** One named part and its state. Names are configured ids; there is no address and no secret. */
export interface Readiness {
  readonly ready: boolean;
  readonly parts: readonly HealthState[];
}

/** Asks one cluster whether it can be reached, without any caller's credential (I23). */
export type ClusterProbe = () => Promise<'up' | 'down'>;

const FRESH_MS = 2_000;

/**
 * Brokers, directories and key sets, each named with its state. Probes are shared and at most one every two seconds, so
 * that a busy health check is no load; the answer never waits longer than a probe's own deadline.
 */
export class ReadinessCheck {
  #last: { readonly at: number; readonly readiness: Promise<Readiness> } | null = null;
  #process: 'starting' | 'listening' | 'stopping' = 'starting';

  constructor(
    private readonly plugins: readonly Plugin[],
    private readonly clusters: ReadonlyMap<string, ClusterProbe>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Every listener is open. */
  listening(): void {
    this.#process = 'listening';
  }

  /** From now on not ready: the balancer must look elsewhere while requests under way are finished. */
  stopping(): void {
    this.#process = 'stopping';
  }

  async state(): Promise<Readiness> {
    const last = this.#last;
    const readiness = last !== null && this.now() - last.at < FRESH_MS ? last.readiness : this.#ask();
    const { ready, parts } = await readiness;
    return this.#process === 'listening' ? { ready, parts } : { ready: false, parts: [...parts, { name: `process:${this.#process}`, state: 'down' }] };
  }

  #ask(): Promise<Readiness> {
    const readiness = this.#probe();
    this.#last = { at: this.now(), readiness };
    return readiness;
  }

  async #probe(): Promise<Readiness> {
    const brokers = await Promise.all([...this.clusters].map(async ([id, probe]): Promise<HealthState> => ({ name: `kafka:${id}`, state: await probe() })));
    const parts = [...brokers, ...this.plugins.flatMap((plugin) => plugin.health())];
    // `unknown` is a part that nobody has needed yet: it does not keep callers away.
    return { ready: parts.every((part) => part.state !== 'down'), parts };
  }
}
