import type { HealthState, Plugin } from '@postern/auth-plugins';

/** One named part and its state. Names are configured ids; there is no address and no secret. */
export interface Readiness {
  /** `degraded`: some way in is shut and others are open, settings are bad, or a cluster has no signing key; a balancer still sends callers here. */
  readonly status: 'ready' | 'degraded' | 'not-ready';
  readonly parts: readonly HealthState[];
}

/** Asks one cluster whether it can be reached, without any caller's credential (I23). */
export type ClusterProbe = () => Promise<'up' | 'down'>;

const FRESH_MS = 2_000;

const isNotDown = ({ state }: HealthState): boolean => state !== 'down';

/**
 * Brokers, directories and key sets, each named with its state. Probes are shared and at most one every two seconds, so
 * that a busy health check is no load; the answer never waits longer than a probe's own deadline.
 */
export class ReadinessCheck {
  #last: { readonly at: number; readonly readiness: Promise<Readiness> } | null = null;
  #areSettingsBad = false;
  #process: 'starting' | 'listening' | 'stopping' = 'starting';

  constructor(
    private readonly plugins: () => readonly Plugin[],
    private readonly clusters: ReadonlyMap<string, ClusterProbe>,
    /** Clusters for which Postern can sign no token just now. */
    private readonly unsigned: () => readonly string[] = () => [],
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Every listener is open. */
  listening(): void {
    this.#process = 'listening';
  }

  /** A file that was read again is bad, or good again. */
  settingsAreBad(areBad: boolean): void {
    this.#areSettingsBad = areBad;
    this.#last = null;
  }

  /** From now on not ready: the balancer must look elsewhere while requests under way are finished. */
  stopping(): void {
    this.#process = 'stopping';
  }

  async state(): Promise<Readiness> {
    const last = this.#last;
    const readiness = last !== null && this.now() - last.at < FRESH_MS ? last.readiness : this.#ask();
    const { status, parts } = await readiness;
    return this.#process === 'listening' ? { status, parts } : { status: 'not-ready', parts: [...parts, { name: `process:${this.#process}`, state: 'down' }] };
  }

  #ask(): Promise<Readiness> {
    const readiness = this.#probe();
    this.#last = { at: this.now(), readiness };
    return readiness;
  }

  async #probe(): Promise<Readiness> {
    const brokers = await Promise.all([...this.clusters].map(async ([id, probe]): Promise<HealthState> => ({ name: `kafka:${id}`, state: await probe() })));
    const ways = this.plugins().map((plugin) => plugin.health());
    // The rest is named only while it is bad: the last good settings are in force meanwhile, and callers' own tokens still go.
    const unsigned = this.unsigned().map((id): HealthState => ({ name: `signing-key:${id}`, state: 'down' }));
    const parts = [...brokers, ...ways.flat(), ...unsigned, ...(this.#areSettingsBad ? [{ name: 'settings', state: 'down' } as const] : [])];
    // One shut way in must not take every replica out of a balancer: those whom it does not touch still come in. `unknown` is
    // a part that nobody has needed yet and keeps nobody away.
    const usable = brokers.some(isNotDown) && ways.some((way) => way.some(isNotDown));
    return { status: parts.every(isNotDown) ? 'ready' : usable ? 'degraded' : 'not-ready', parts };
  }
}
