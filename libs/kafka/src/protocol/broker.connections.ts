import { KafkaError, isKafkaError } from '../errors/kafka-error.js';
import type { BrokerAddress } from '../session/cluster-settings.js';
import type { ConnectionBudget } from '../session/connection.budget.js';
import type { Observe } from '../session/notices.js';
import { ConnectionFault } from '../transports/transport.js';
import { isAdvertisedAllowed, toAddress } from './advertised-address.js';
import { BrokerConnection, type ConnectionContext } from './broker.connection.js';
import { pause, within } from './deadline.js';
import { TokenRefused } from './shown-token.js';

/** A broker answers one request a connection at a time, so long polls and group calls never share one with the rest (Must 11). */
export type Purpose = 'work' | `fetch-${number}` | 'group';

const RETRY_FIRST_MS = 50;
const RETRY_MOST_MS = 1_000;
/** One try to connect and authenticate; a dead bootstrap server must not eat the whole deadline. */
const CONNECT_TRY_MS = 5_000;

interface Slot {
  connection: BrokerConnection | null;
  opening: Promise<BrokerConnection> | null;
}

export interface ConnectionsContext extends ConnectionContext {
  readonly clusterId: string;
  readonly kafkaName: string;
  /** Whose connections they are, for the budget. */
  readonly sessionKey: string;
  readonly budget: Pick<ConnectionBudget, 'connect'>;
  readonly observe: Observe;
  readonly count: (what: 'connects' | 'connectFailures') => void;
}

/** All connections of one session: one for each purpose and broker, opened when first needed, never shared with another principal. */
export class BrokerConnections {
  readonly #context: ConnectionsContext;
  readonly #slots = new Map<string, Slot>();
  readonly #nodes = new Map<number, BrokerAddress>();
  readonly #reported = new Set<string>();
  /** Any of them first, as Java's client: behind one dead bootstrap server the first call of every principal would wait. */
  #turn = Math.floor(Math.random() * 1_000);
  #closed = false;

  constructor(context: ConnectionsContext) {
    this.#context = context;
  }

  /** Takes the brokers of a metadata answer; addresses outside the settings are reported and never dialled (I22). */
  learn(brokers: readonly { readonly nodeId: number; readonly host: string; readonly port: number }[]): void {
    this.#nodes.clear();
    for (const { nodeId, host, port } of brokers) {
      const address = toAddress(host, port);
      const allowed = this.#context.listener.bootstrapServers.includes(address) || isAdvertisedAllowed(host, port, this.#context.listener.advertisedHosts);
      if (allowed) this.#nodes.set(nodeId, address);
      else if (!this.#reported.has(address)) {
        this.#reported.add(address);
        this.#context.observe({ kind: 'address-refused', clusterId: this.#context.clusterId, address });
      }
    }
  }

  /**
   * A connection to whichever broker answers first in turn, tried again until the deadline.
   * @throws KafkaError NO_BROKER, and those of the token source
   */
  async toAny(purpose: Purpose, deadline: number): Promise<BrokerConnection> {
    for (let wait = RETRY_FIRST_MS; ; wait = Math.min(wait * 2, RETRY_MOST_MS)) {
      const open = this.#openOne(purpose);
      if (open !== null) return open;
      for (const address of this.#candidates(purpose)) {
        try {
          return await this.#to(purpose, address, deadline);
        } catch (error) {
          if (!(error instanceof ConnectionFault)) throw error;
        }
      }
      if (this.#context.clock.now() + wait >= deadline) throw new KafkaError('NO_BROKER');
      await pause(this.#context.timers, wait);
    }
  }

  /**
   * The connection to one broker by its id, one try.
   * @throws ConnectionFault (never written), KafkaError NO_BROKER when its address may not be dialled, and those of the token source
   */
  async toNode(purpose: Purpose, nodeId: number, deadline: number): Promise<BrokerConnection> {
    const address = this.#nodes.get(nodeId);
    if (address === undefined) throw new KafkaError('NO_BROKER');
    const connection = await this.#to(purpose, address, deadline);
    this.#retireBootstrap(purpose, address);
    return connection;
  }

  /** Whether another broker could be asked when one does not answer. */
  get hasChoice(): boolean {
    return this.#addresses.length > 1;
  }

  /** Whether any broker can be talked to at this moment. */
  get hasOpen(): boolean {
    return [...this.#slots.values()].some(({ connection }) => connection?.isOpen === true);
  }

  rest(ms: number): Promise<void> {
    return pause(this.#context.timers, ms);
  }

  close(): void {
    this.#closed = true;
    for (const { connection } of this.#slots.values()) connection?.destroy();
    this.#slots.clear();
  }

  #openOne(purpose: Purpose): BrokerConnection | null {
    for (const [key, { connection }] of this.#slots) if (connection?.isOpen === true && !connection.isSuspect && key.startsWith(`${purpose}|`)) return connection;
    return null;
  }

  /** In turn; the ones that have gone silent come last, since asking them may cost the whole deadline. */
  #candidates(purpose: Purpose): BrokerAddress[] {
    const all = this.#addresses;
    const first = this.#turn++ % all.length;
    const isSuspect = (address: BrokerAddress): boolean => this.#slots.get(`${purpose}|${address}`)?.connection?.isSuspect === true;
    const turned = [...all.slice(first), ...all.slice(0, first)];
    return [...turned.filter((address) => !isSuspect(address)), ...turned.filter(isSuspect)];
  }

  get #addresses(): BrokerAddress[] {
    return [...new Set([...this.#nodes.values(), ...this.#context.listener.bootstrapServers])];
  }

  async #to(purpose: Purpose, address: BrokerAddress, deadline: number): Promise<BrokerConnection> {
    if (this.#closed) throw new KafkaError('NO_BROKER');
    const key = `${purpose}|${address}`;
    let slot = this.#slots.get(key);
    if (slot === undefined) this.#slots.set(key, (slot = { connection: null, opening: null }));
    if (slot.connection?.isOpen === true) return slot.connection;
    const { clock, timers } = this.#context;
    slot.opening ??= this.#open(slot, address, Math.max(1, Math.min(CONNECT_TRY_MS, this.#context.silenceMs)));
    try {
      return await within(timers, deadline - clock.now(), slot.opening);
    } catch (error) {
      // Only this caller's patience ended; nothing of its request was sent.
      if (isKafkaError(error) && error.code === 'DEADLINE_EXCEEDED') throw new ConnectionFault('unreachable', false, { cause: error });
      throw error;
    }
  }

  async #open(slot: Slot, address: BrokerAddress, timeoutMs: number): Promise<BrokerConnection> {
    const { budget, sessionKey, silenceMs } = this.#context;
    try {
      const connection = await budget.connect(sessionKey, silenceMs, () => this.#connect(address, timeoutMs));
      slot.connection = connection;
      return connection;
    } finally {
      slot.opening = null;
    }
  }

  async #connect(address: BrokerAddress, timeoutMs: number): Promise<BrokerConnection> {
    const { clock, clusterId, kafkaName, observe, count, tokens } = this.#context;
    // Closed while it waited for its turn: the session was ended, and its token is shown to nobody any more (I27).
    if (this.#closed) throw new ConnectionFault('lost', false);
    const startedAt = clock.now();
    // A token that may not be shown is no failure to connect: no broker is asked.
    await tokens?.current();
    try {
      const connection = await this.#authenticate(address, timeoutMs);
      if (this.#closed) {
        connection.destroy();
        throw new ConnectionFault('lost', false);
      }
      count('connects');
      observe({ kind: 'connected', clusterId, address, kafkaName, tookMs: clock.now() - startedAt });
      return connection;
    } catch (error) {
      count('connectFailures');
      observe({ kind: 'connect-failed', clusterId, address, reason: error instanceof ConnectionFault ? error.reason : 'refused' });
      throw error;
    }
  }

  /** I21 in one place: show the token; if it is refused, ask the token source whether another may be shown. */
  async #authenticate(address: BrokerAddress, timeoutMs: number): Promise<BrokerConnection> {
    const { tokens } = this.#context;
    for (;;) {
      try {
        return await BrokerConnection.open(this.#context, address, timeoutMs);
      } catch (error) {
        if (isKafkaError(error) && error.code === 'DEADLINE_EXCEEDED') throw new ConnectionFault('no-answer', false, { cause: error });
        // A listener without OAUTHBEARER is a wrong setting: no token was shown, and none is to blame.
        if (error instanceof TokenRefused && error.reason === 'mechanism-refused') throw new ConnectionFault('unreachable', false, { cause: error });
        // Its greeting or token may have been written; of what the connection is wanted for nothing was.
        if (error instanceof ConnectionFault && error.written) throw new ConnectionFault(error.reason, false, { cause: error });
        if (!(error instanceof TokenRefused) || error.shown === null || tokens === null) throw error;
        await tokens.afterRefusal(error.shown);
      }
    }
  }

  /** The bootstrap address may be a balancer's: once the brokers themselves are connected it is a spare socket. */
  #retireBootstrap(purpose: Purpose, keep: BrokerAddress): void {
    const known = new Set(this.#nodes.values());
    for (const [key, { connection, opening }] of this.#slots) {
      // One that is being made would be nobody's to end.
      if (connection === null || opening !== null || !key.startsWith(`${purpose}|`) || connection.address === keep || known.has(connection.address) || !connection.isIdle) continue;
      connection.destroy();
      this.#slots.delete(key);
    }
  }
}
