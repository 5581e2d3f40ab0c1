import { KafkaError, isKafkaError } from '../errors/kafka-error.js';
import type { BrokerAddress, Clock, ListenerSettings } from '../session/cluster-settings.js';
import { ConnectionFault, type Transport, type WireConnection } from '../transports/transport.js';
import { API_VERSIONS, type Api, type VersionRanges, wireRequest } from './codecs.js';
import { type Timers, pause, within } from './deadline.js';
import { saslAuthenticate, saslHandshake } from './sasl-oauthbearer.js';
import { type ShownToken, TokenRefused, type TokenSource } from './shown-token.js';

/** The broker ends a connection that authenticates again within a second (KIP-368). */
const REAUTHENTICATION_GAP_MS = 1_000;
/** A session this near to its end is not used: the broker answers nothing after it, it closes. */
const END_MARGIN_MS = 250;
/** Requests outstanding and nothing heard for this long: a frozen machine looks so, a busy one too. */
const SUSPECT_AFTER_MS = 1_000;
/** Part of the broker's session after which the same token is shown again, when the listener's limit is shorter than it. */
const REAUTHENTICATE_AT = 0.8;

/** Who reads or writes records is told of a longer quiet at once, and comes again; held requests would only cost memory. */
export const THROTTLE_PATIENCE_MS = 1_000;

export interface ConnectionContext {
  readonly transport: Transport;
  readonly listener: ListenerSettings;
  /** null: no SASL (a listener with `sasl: none`). */
  readonly tokens: TokenSource | null;
  readonly clock: Clock;
  readonly timers: Timers;
  /** A connection silent for this long with requests outstanding is given up. */
  readonly silenceMs: number;
  /** A renewal would have made the connection somebody else: a bug to shout about. */
  readonly onPrincipalChange: () => void;
  /** The broker has asked this principal to be quiet for so long (KIP-219). */
  readonly onThrottle: (ms: number) => void;
}

/** One authenticated connection to one broker: versions, re-authentication in place, and a deadline for every request. */
export class BrokerConnection {
  readonly address: BrokerAddress;
  readonly #context: ConnectionContext;
  readonly #wire: WireConnection;
  readonly #ranges: VersionRanges;
  #shown: ShownToken | null = null;
  #shownAt = 0;
  #sessionEndsAt: number | null = null;
  #renewal: Promise<void> | null = null;
  #inFlight = 0;
  #heardAt: number;
  #mutedUntil = 0;

  private constructor(context: ConnectionContext, address: BrokerAddress, wire: WireConnection, ranges: VersionRanges) {
    this.#context = context;
    this.address = address;
    this.#wire = wire;
    this.#ranges = ranges;
    this.#heardAt = context.clock.now();
  }

  /** @throws ConnectionFault, TokenRefused, KafkaError DEADLINE_EXCEEDED */
  static async open(context: ConnectionContext, address: BrokerAddress, timeoutMs: number): Promise<BrokerConnection> {
    const wire = await context.transport.open(address, { tls: context.listener.tls, timeoutMs });
    try {
      return await within(context.timers, timeoutMs, BrokerConnection.#authenticated(context, address, wire));
    } catch (error) {
      // A refused exchange is ended politely by its own code; everything else ends here.
      if (!(error instanceof TokenRefused)) wire.destroy();
      else context.timers.after(1_000, () => wire.destroy());
      throw error;
    }
  }

  static async #authenticated(context: ConnectionContext, address: BrokerAddress, wire: WireConnection): Promise<BrokerConnection> {
    // One after the other: before the login is done a broker leaves a second request that came along in its TLS buffer
    // until its selector's next 300 ms poll (measured on 4.3.1: 315 ms a login instead of 5).
    const answer = await wire.send(wireRequest(API_VERSIONS, null, ['postern', '1']));
    const ranges = new Map(answer.apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, { min: minVersion, max: maxVersion }]));
    const connection = new BrokerConnection(context, address, wire, ranges);
    if (context.tokens !== null) {
      await saslHandshake(wire);
      // Not sooner: all this may have taken seconds, and what was a good token then has perhaps ended (I11).
      const shown = await context.tokens.current();
      connection.#remember(shown, await saslAuthenticate(wire, shown));
    }
    return connection;
  }

  get isOpen(): boolean {
    return this.#wire.isOpen;
  }

  get isIdle(): boolean {
    return this.#inFlight === 0 && this.#renewal === null;
  }

  /** Open, but it may lead nowhere: whoever has a choice of brokers takes another. */
  get isSuspect(): boolean {
    return !this.isIdle && this.#context.clock.now() - this.#heardAt >= SUSPECT_AFTER_MS;
  }

  /**
   * Sends one request and waits for its answer until `deadline` (epoch ms).
   * @throws ConnectionFault ('no-answer' at the deadline; `written` tells whether the broker may have got it), KafkaError THROTTLED as
   *   `quiet`, and those of the token source
   */
  async request<Args extends readonly unknown[], Response>(api: Api<Args, Response>, args: Args, deadline: number): Promise<Response> {
    await this.quiet(deadline);
    // Another request of this turn may have begun a renewal: nothing may slip in between its two steps.
    do await this.#keepAuthenticated(deadline);
    while (this.#renewal !== null);
    const request = wireRequest(api, this.#ranges, args);
    const { clock, timers } = this.#context;
    // Nobody waits any more, and nobody could say what became of it.
    if (clock.now() >= deadline) throw new ConnectionFault('no-answer', false);
    if (this.#inFlight++ === 0) this.#heardAt = clock.now();
    return new Promise<Response>((resolve, reject) => {
      const cancel = timers.after(deadline - clock.now(), () => {
        this.#giveUpIfSilent();
        reject(new ConnectionFault('no-answer', true));
      });
      const settle = (): void => {
        cancel();
        this.#inFlight--;
        this.#heardAt = clock.now();
      };
      this.#wire.send(request).then(
        (response) => {
          settle();
          this.#heed(response);
          resolve(response);
        },
        (error: unknown) => {
          settle();
          reject(error instanceof Error ? error : new ConnectionFault('lost', true, { cause: error }));
        },
      );
    });
  }

  /**
   * Waits until the broker listens again: what is sent to a muted connection lies unread, so that nobody could say whether it was done.
   * @throws KafkaError THROTTLED, certainly not sent, when that is after the deadline or longer than `patienceMs`
   */
  async quiet(deadline: number, patienceMs = Infinity): Promise<void> {
    const { clock, timers } = this.#context;
    const wait = this.#mutedUntil - clock.now();
    if (wait <= 0) return;
    if (this.#mutedUntil >= deadline || wait > patienceMs) throw new KafkaError('THROTTLED', { retryAfterMs: wait });
    await pause(timers, wait);
  }

  destroy(): void {
    this.#wire.destroy();
  }

  onClose(listener: () => void): void {
    this.#wire.onClose(listener);
  }

  #heed(response: unknown): void {
    const ms = (response as { readonly throttleTimeMs?: unknown } | null | undefined)?.throttleTimeMs;
    if (typeof ms !== 'number' || ms <= 0) return;
    this.#mutedUntil = Math.max(this.#mutedUntil, this.#context.clock.now() + ms);
    this.#context.onThrottle(ms);
  }

  #remember(shown: ShownToken, sessionMs: number | null): void {
    const now = this.#context.clock.now();
    this.#shown = shown;
    this.#shownAt = now;
    this.#sessionEndsAt = sessionMs === null ? null : now + sessionMs;
  }

  /** Renews lazily, before the next request: an idle session costs no timer and no token. */
  async #keepAuthenticated(deadline: number): Promise<void> {
    const { tokens, clock } = this.#context;
    if (tokens === null || this.#shown === null) return;
    const newest = await this.#inTime(deadline, tokens.current());
    // Requests must not slip between the handshake and the token: the broker would close the connection.
    while (this.#renewal !== null) await this.#inTime(deadline, this.#renewal);
    const now = clock.now();
    if (this.#isRenewalDue(newest, now)) {
      if (this.#inFlight === 0) this.#heardAt = now;
      this.#renewal = this.#reauthenticate(tokens).finally(() => (this.#renewal = null));
      await this.#inTime(deadline, this.#renewal);
    } else if (this.#sessionEndsAt !== null && now >= this.#sessionEndsAt - END_MARGIN_MS) {
      this.destroy();
      throw new ConnectionFault('lost', false);
    }
  }

  /** Before anything of the request was sent, so that whoever waits may ask another broker. */
  async #inTime<T>(deadline: number, work: Promise<T>): Promise<T> {
    try {
      return await within(this.#context.timers, deadline - this.#context.clock.now(), work);
    } catch (error) {
      throw isKafkaError(error) && error.code === 'DEADLINE_EXCEEDED' ? new ConnectionFault('no-answer', false, { cause: error }) : error;
    }
  }

  #isRenewalDue(newest: ShownToken, now: number): boolean {
    if (now - this.#shownAt < REAUTHENTICATION_GAP_MS) return false;
    if (newest.id !== this.#shown?.id) return true;
    // Showing the same token again helps only where the listener's own limit, not the token's life, ends the session.
    const endsAt = this.#sessionEndsAt;
    return endsAt !== null && endsAt < newest.credential.expiresAt - END_MARGIN_MS && now >= this.#shownAt + (endsAt - this.#shownAt) * REAUTHENTICATE_AT;
  }

  async #reauthenticate(tokens: TokenSource): Promise<void> {
    try {
      const { timers, silenceMs } = this.#context;
      await within(timers, silenceMs, saslHandshake(this.#wire));
      const newest = await within(timers, silenceMs, tokens.current());
      this.#remember(newest, await within(timers, silenceMs, saslAuthenticate(this.#wire, newest)));
      this.#heardAt = this.#context.clock.now();
    } catch (error) {
      if (error instanceof TokenRefused && error.reason === 'principal-changed') this.#context.onPrincipalChange();
      this.destroy();
      throw new ConnectionFault('lost', false, { cause: error });
    }
  }

  #giveUpIfSilent(): void {
    const { clock, silenceMs } = this.#context;
    if (clock.now() - this.#heardAt >= silenceMs * 0.95) this.destroy();
  }
}
