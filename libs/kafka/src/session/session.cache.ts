import { KafkaError } from '../errors/kafka-error.js';
import type { Timers } from '../protocol/deadline.js';
import { pause } from '../protocol/deadline.js';
import type { Clock, ClusterSettings, SessionLimits } from './cluster-settings.js';
import type { KafkaCaller, KafkaCredentialSource } from './kafka-credential.js';
import { LeasedSession, type SessionWork } from './leased.session.js';
import type { PrincipalSession } from './principal.session.js';
import type { KafkaSession } from './session.port.js';
import type { KafkaSessions, SessionCounts } from './sessions.port.js';

/** I27: what a newer snapshot would not admit ends within this time, in use or not. */
const EVICTED_END_MS = 5_000;
/** How long `close` waits for requests under way. */
const CLOSE_WAIT_MS = 10_000;

export type CachedSession = SessionWork & Pick<PrincipalSession, 'state' | 'destroy'> & { readonly tokens: Pick<PrincipalSession['tokens'], 'adopt' | 'source'> };

type Eviction = keyof SessionCounts['evictions'];

interface Entry {
  readonly key: string;
  readonly session: CachedSession;
  leases: number;
  usedAt: number;
  evicted: Eviction | null;
}

export interface SessionCacheContext {
  readonly clusters: ReadonlyMap<string, ClusterSettings>;
  readonly limits: SessionLimits;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly open: (source: KafkaCredentialSource, cluster: ClusterSettings) => CachedSession;
}

/** Sessions by session key: leased while in use, least recently used first out, never closed under a request (Must 6, 7). */
export class SessionCache implements Omit<KafkaSessions, 'counts' | 'openConsumer'> {
  readonly #context: SessionCacheContext;
  // In order of use: the first is the least recently used.
  readonly #entries = new Map<string, Entry>();
  readonly #leaving = new Set<Entry>();
  readonly #evictions: Record<Eviction, number> = { idle: 0, full: 0, expired: 0, refused: 0, closed: 0 };
  #connects = 0;
  #connectFailures = 0;
  #closed = false;

  constructor(context: SessionCacheContext) {
    this.#context = context;
  }

  async withSessionFor<T>(caller: KafkaCaller, clusterId: string, use: (session: KafkaSession) => Promise<T>): Promise<T> {
    const { clusters, clock } = this.#context;
    const cluster = clusters.get(clusterId);
    if (cluster === undefined) throw new KafkaError('UNKNOWN_CLUSTER', { resource: clusterId });
    const { credentials } = caller;
    if (credentials.clusterId !== clusterId) throw new Error('a caller came with credentials of another cluster');
    if (credentials.proofUntil <= clock.now()) throw new KafkaError('CREDENTIAL_EXPIRED');
    if (this.#closed) throw new KafkaError('NO_BROKER');
    const entry = this.#lease(credentials, cluster);
    const leased = new LeasedSession(entry.session, caller.topics, () => clock.now() + cluster.brokerDeadlineMs);
    try {
      return await use(leased);
    } finally {
      leased.end();
      this.#release(entry);
    }
  }

  counts(): Omit<SessionCounts, 'connections' | 'consumers'> {
    let leased = 0;
    for (const { leases } of [...this.#entries.values(), ...this.#leaving]) if (leases > 0) leased++;
    return { open: this.#entries.size + this.#leaving.size, leased, connects: this.#connects, connectFailures: this.#connectFailures, evictions: { ...this.#evictions } };
  }

  evict(where: (sessionKey: string) => boolean): void {
    for (const entry of this.#entries.values()) if (where(entry.key)) this.#evict(entry, 'closed');
  }

  /** Ends what is idle or past its proof; called by one timer for all sessions. */
  sweep(): void {
    const { clock, limits } = this.#context;
    const now = clock.now();
    for (const entry of this.#entries.values()) {
      if (entry.leases > 0) continue;
      if (entry.session.tokens.source.proofUntil <= now) this.#evict(entry, 'expired');
      else if (now - entry.usedAt >= limits.idleMs) this.#evict(entry, 'idle');
    }
  }

  /** Lets the least recently used session go that nobody uses, if there is one: its connections are wanted. */
  leaveOne(): boolean {
    for (const entry of this.#entries.values()) {
      if (!isSpare(entry)) continue;
      this.#evict(entry, 'full');
      return true;
    }
    return false;
  }

  async close(): Promise<void> {
    const { clock, timers } = this.#context;
    this.#closed = true;
    for (const entry of this.#entries.values()) this.#evict(entry, 'closed');
    const until = clock.now() + CLOSE_WAIT_MS;
    while (this.#leaving.size > 0 && clock.now() < until) await pause(timers, 20);
    for (const { session } of this.#leaving) session.destroy();
    this.#leaving.clear();
  }

  count(what: 'connects' | 'connectFailures'): void {
    if (what === 'connectFailures') this.#connectFailures++;
    else {
      this.#connects++;
      this.#trim();
    }
  }

  #lease(source: KafkaCredentialSource, cluster: ClusterSettings): Entry {
    let entry = this.#entries.get(source.sessionKey);
    if (entry !== undefined && entry.session.state === 'broken') {
      this.#evict(entry, 'refused');
      entry = undefined;
    }
    if (entry === undefined) {
      this.#mustHaveRoom();
      entry = { key: source.sessionKey, session: this.#context.open(source, cluster), leases: 0, usedAt: 0, evicted: null };
    } else {
      entry.session.tokens.adopt(source);
      this.#entries.delete(entry.key);
    }
    this.#entries.set(entry.key, entry);
    entry.leases++;
    entry.usedAt = this.#context.clock.now();
    this.#trim();
    return entry;
  }

  #release(entry: Entry): void {
    entry.leases--;
    entry.usedAt = this.#context.clock.now();
    if (entry.leases > 0) return;
    if (entry.evicted !== null) this.#end(entry);
    // Nothing was ever opened (a refused token, no broker): it must not push a working session out.
    else if (entry.session.state !== 'connected') this.#evict(entry, 'refused');
    else this.#trim();
  }

  /**
   * A newcomer beyond the limit is let in only while somebody could leave for it; who does is settled once it has connected:
   * a caller whose token is refused must not cost another one a working session.
   */
  #mustHaveRoom(): void {
    const over = this.#entries.size + this.#leaving.size + 1 - this.#context.limits.maxSessions;
    if (over <= 0) return;
    let spare = 0;
    for (const entry of this.#entries.values()) if (isSpare(entry) && ++spare >= over) return;
    throw new KafkaError('TOO_MANY_SESSIONS', { retryAfterMs: 1_000 });
  }

  /** Least recently used first, until the sessions that ever connected are within the limit. */
  #trim(): void {
    // Asked with every request: nobody is counted while there is room for all.
    if (this.#entries.size + this.#leaving.size <= this.#context.limits.maxSessions) return;
    let proven = this.#leaving.size;
    for (const { session } of this.#entries.values()) if (session.state === 'connected') proven++;
    for (const entry of this.#entries.values()) {
      if (proven <= this.#context.limits.maxSessions) return;
      if (!isSpare(entry)) continue;
      this.#evict(entry, 'full');
      proven--;
    }
  }

  #evict(entry: Entry, why: Eviction): void {
    this.#entries.delete(entry.key);
    this.#evictions[why]++;
    entry.evicted = why;
    if (entry.leases === 0) return this.#end(entry);
    this.#leaving.add(entry);
    if (!this.#closed) this.#context.timers.after(EVICTED_END_MS, () => this.#end(entry));
  }

  #end(entry: Entry): void {
    this.#leaving.delete(entry);
    entry.session.destroy();
  }
}

const isSpare = ({ leases, session }: Entry): boolean => leases === 0 && session.state === 'connected';
