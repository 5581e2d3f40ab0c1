import { AndFilter, Client, EqualityFilter, ExtensibleFilter, OrFilter, ResultCodeError, SASL_MECHANISMS, type Entry, type Filter } from 'ldapts';
import type { Socket } from 'node:net';
import { openSocket } from './directory.socket.js';
import { refusalCauseOf } from './refusal.cause.js';
import { DirectoryFailure, type Assertion, type BindAnswer, type DirectoryConnection, type DirectoryDriver, type DirectoryEntry, type DirectorySearch, type SearchAnswer } from './directory.driver.js';

/**
 * ldapts 8.2.0 behind the same fence as ldapjs. It opens sockets when it pleases, and comes back unauthenticated after a
 * lost one: here it is handed one socket that is open and verified, and never gets a second.
 */
export const ldaptsDriver: DirectoryDriver = {
  connect: async (server, signal) => {
    const socket = await openSocket(server, signal);
    let isTaken = false;
    const take = (): Socket => {
      if (isTaken) throw new DirectoryFailure('lost');
      isTaken = true;
      return socket;
    };
    return new LdaptsConnection(new Client({ url: server.url, createConnection: take, createSecureConnection: take as never }), socket);
  },
};

const RESULT = { sizeLimitExceeded: 4, referral: 10, invalidDnSyntax: 34, invalidCredentials: 49 } as const;

/** ldapts decodes values as text unless their name is listed in the server's own spelling: here every name is, or an objectGUID would be cut to pieces. */
class EveryName extends Array<string> {
  override includes(): boolean {
    return true;
  }
}

class LdaptsConnection implements DirectoryConnection {
  #open = true;
  readonly #lost = Promise.withResolvers<never>();

  constructor(
    private readonly client: Client,
    private readonly socket: Socket,
  ) {
    this.#lost.promise.catch(() => undefined);
    const lose = () => {
      this.#lost.reject(new DirectoryFailure('lost'));
      this.destroy();
    };
    // Kept beside the library's own listeners: it removes all of some kinds, and an 'error' without any ends the process.
    for (const event of ['close', 'end', 'timeout']) socket.once(event, lose);
    socket.on('error', lose);
  }

  get isOpen(): boolean {
    return this.#open;
  }

  destroy(): void {
    this.#open = false;
    this.socket.on('error', () => undefined);
    this.socket.destroy();
  }

  async bind(dn: string, password: string, signal: AbortSignal): Promise<BindAnswer> {
    // The library takes these words for SASL (attack 49); no directory has an entry of that name.
    if ((SASL_MECHANISMS as readonly string[]).includes(dn)) return { kind: 'refused', code: RESULT.invalidDnSyntax };
    const answer = await this.#operation(signal, () => this.client.bind(dn, password));
    if (answer.kind === 'done') return { kind: 'bound' };
    if (answer.code !== RESULT.invalidCredentials) return { kind: 'refused', code: answer.code };
    const cause = refusalCauseOf(answer.text);
    return { kind: 'invalid-credentials', ...(cause === null ? {} : { cause }) };
  }

  async search(search: DirectorySearch, signal: AbortSignal): Promise<SearchAnswer> {
    const answer = await this.#operation(signal, () =>
      this.client.search(search.base, {
        scope: search.scope,
        ...filterOf(search),
        // One more than wanted: the library calls an answer that was cut off at the limit a whole one.
        sizeLimit: search.sizeLimit + 1,
        timeLimit: 5,
        attributes: [...search.attributes],
        explicitBufferAttributes: new EveryName(),
      }),
    );
    if (answer.kind === 'done') return answer.value.searchEntries.length > search.sizeLimit ? { kind: 'too-many' } : { kind: 'entries', entries: answer.value.searchEntries.map(entryOf) };
    if (answer.code === RESULT.sizeLimitExceeded) return { kind: 'too-many' };
    return answer.code === RESULT.referral ? { kind: 'referral' } : { kind: 'refused', code: answer.code };
  }

  /** Ends with an answer of the directory, or destroys the connection: an operation that was given up could answer the next one. */
  async #operation<T>(signal: AbortSignal, start: () => Promise<T>): Promise<{ readonly kind: 'done'; readonly value: T } | { readonly kind: 'code'; readonly code: number; readonly text: string }> {
    if (!this.#open) throw new DirectoryFailure('lost');
    if (signal.aborted) throw new DirectoryFailure('deadline');
    const ended = Promise.withResolvers<never>();
    ended.promise.catch(() => undefined);
    const onAbort = () => ended.reject(new DirectoryFailure('deadline'));
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return { kind: 'done', value: await Promise.race([start(), ended.promise, this.#lost.promise]) };
    } catch (error) {
      if (error instanceof ResultCodeError) return { kind: 'code', code: error.code, text: error.message };
      const failure = error instanceof DirectoryFailure ? error : new DirectoryFailure(this.#open ? 'protocol' : 'lost');
      this.destroy();
      throw failure;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }
}

/** Filter objects carry values as bytes: nothing in a value is ever read as filter syntax. */
const filterOf = ({ equals, anyOf }: DirectorySearch): { readonly filter?: Filter } => {
  const one = ({ attribute, value, rule }: Assertion): Filter => (rule === undefined ? new EqualityFilter({ attribute, value }) : new ExtensibleFilter({ matchType: attribute, rule, value }));
  const filters = [...equals.map(one), ...(anyOf === undefined ? [] : [new OrFilter({ filters: anyOf.map(one) })])];
  const [only, ...others] = filters;
  return only === undefined ? {} : { filter: others.length === 0 ? only : new AndFilter({ filters }) };
};

/** Attributes that were asked for and are not there come as empty lists; they are left out, as on the wire. */
const entryOf = ({ dn, ...attributes }: Entry): DirectoryEntry => {
  const values = Object.entries(attributes).map(([name, value]) => [name.toLowerCase(), [value].flat().map((each) => Buffer.from(each))] as const);
  return { dn, attributes: new Map(values.filter(([, list]) => list.length > 0)) };
};
