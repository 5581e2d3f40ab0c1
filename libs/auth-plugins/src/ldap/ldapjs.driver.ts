import type { Socket } from 'node:net';
import ldapjs, { type Client, type Filter, type SearchEntry } from 'ldapjs';
import { isTlsError } from '../tls/tls.error.js';
import { openPlainForTls } from './directory.socket.js';
import { refusalCauseOf } from './refusal.cause.js';
import { DirectoryFailure, type Assertion, type BindAnswer, type DirectoryConnection, type DirectoryDriver, type DirectoryEntry, type DirectorySearch, type DirectoryServer, type SearchAnswer } from './directory.driver.js';

// CommonJS that re-exports in a loop: Node finds no names in it, only the default.
const { AndFilter, EqualityFilter, ExtensibleFilter, OrFilter, createClient, parseDN } = ldapjs;

/**
 * ldapjs 3.0.7 behind its fence: an archived library, so that everything it leaves open is closed here. One client is one
 * connection, never reconnects, does one operation at a time, and is destroyed at the first doubt.
 */
export const ldapjsDriver: DirectoryDriver = {
  connect: async (server, signal) => {
    if (server.startTls !== true) return connect(server, signal, null);
    const plain = await openPlainForTls(server, signal);
    // What the library takes for LDAPS is TLS over this socket: its own STARTTLS has no time-out and reads on in clear text.
    return connect({ ...server, url: server.url.replace(/^ldap:/, 'ldaps:') }, signal, plain).catch((error: unknown) => {
      plain.destroy();
      throw error;
    });
  },
};

const connect = (server: DirectoryServer, signal: AbortSignal, over: Socket | null): Promise<DirectoryConnection> =>
  new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new DirectoryFailure('deadline'));
    const client = createClient({
      url: server.url,
      tlsOptions: { ca: server.ca, servername: server.serverName, minVersion: 'TLSv1.2', ...(over === null ? {} : { socket: over }) },
      // The only thing that ends a TCP or TLS handshake that stalls: `destroy` does not reach a socket that is not connected yet.
      connectTimeout: server.connectTimeoutMs,
      queueDisable: true,
      log: SILENT,
    });
    // An 'error' that nobody listens to ends the process; so does any of these on some paths.
    for (const event of ['error', 'resultError', 'setupError', 'timeout', 'socketTimeout', 'end', 'close', 'destroy']) client.on(event, () => undefined);
    const settle = (outcome: () => void) => {
      // Off once open, or the deadline of this login would kill the pooled connection under a later one.
      signal.removeEventListener('abort', onAbort);
      outcome();
    };
    const fail = (reason: DirectoryFailure['reason']) =>
      settle(() => {
        client.destroy();
        reject(new DirectoryFailure(reason));
      });
    const onAbort = () => fail('deadline');
    signal.addEventListener('abort', onAbort, { once: true });
    for (const event of ['connectError', 'connectRefused', 'connectTimeout', 'error']) client.on(event, (error: unknown) => fail(isTlsError(error) ? 'tls' : 'connect'));
    client.once('connect', (socket: Socket) => {
      // Connected after it was given up: `destroy` then had nothing to close.
      if (signal.aborted) socket.destroy();
      // TLS 1.3 with Nagle's algorithm costs 40 ms a fresh bind (measured).
      else socket.setNoDelay(true);
      settle(() => resolve(new LdapjsConnection(client, socket)));
    });
  });

/** AD's and RFC 5020's names for an entry's own DN, as the directory wrote it. */
const DN_ATTRIBUTES = ['entryDN', 'distinguishedName'];
const RESULT = { sizeLimitExceeded: 4, referral: 10, invalidCredentials: 49 } as const;

/** Of what a server says about a bind. */
const MAX_TEXT = 4_096;

/** ldapjs prints requests into its log, passwords included: it gets one that keeps nothing (I29). */
const SILENT = { trace: () => undefined, debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined, fatal: () => undefined, child: () => SILENT } as { child: () => unknown };

class LdapjsConnection implements DirectoryConnection {
  #open = true;
  readonly #lost = Promise.withResolvers<never>();

  constructor(
    private readonly client: Client,
    private readonly socket: Socket,
  ) {
    this.#lost.promise.catch(() => undefined);
    const lose = () => {
      this.#open = false;
      this.#lost.reject(new DirectoryFailure('lost'));
      client.destroy();
    };
    for (const event of ['error', 'close', 'end', 'socketTimeout', 'timeout']) client.on(event, lose);
    socket.once('close', lose);
  }

  get isOpen(): boolean {
    return this.#open;
  }

  destroy(): void {
    this.#open = false;
    this.client.destroy();
  }

  async bind(dn: string, password: string, signal: AbortSignal): Promise<BindAnswer> {
    let text = '';
    // The library throws the server's text away (3.0.7 looks for it under its former name). Before its own listener, which ends in the callback.
    const listen = (bytes: Buffer) => {
      if (text.length < MAX_TEXT) text += bytes.toString('latin1');
    };
    this.socket.prependListener('data', listen);
    try {
      return await this.#operation<BindAnswer>(signal, (resolve, fail) => {
        this.client.bind(dn, password, (error) => {
          const code = error === null || error === undefined ? 0 : resultCodeOf(error);
          if (code === null) return fail();
          if (code === 0) return resolve({ kind: 'bound' });
          if (code !== RESULT.invalidCredentials) return resolve({ kind: 'refused', code });
          const cause = refusalCauseOf(text);
          resolve({ kind: 'invalid-credentials', ...(cause === null ? {} : { cause }) });
        });
      });
    } finally {
      this.socket.removeListener('data', listen);
    }
  }

  search(search: DirectorySearch, signal: AbortSignal): Promise<SearchAnswer> {
    const options = {
      scope: search.scope,
      ...filterOf(search),
      sizeLimit: search.sizeLimit,
      timeLimit: 5,
      attributes: [...search.attributes, ...DN_ATTRIBUTES],
    };
    return this.#operation<SearchAnswer>(signal, (resolve, fail) => {
      const entries: DirectoryEntry[] = [];
      this.client.search(verbatim(search.base), options, (sendError, answer) => {
        if (sendError !== null) return fail();
        answer.on('searchEntry', (entry) => entries.push(entryOf(entry)));
        answer.on('error', (error) => {
          const code = resultCodeOf(error);
          if (code === null) fail();
          else resolve(code === RESULT.sizeLimitExceeded ? { kind: 'too-many' } : code === RESULT.referral ? { kind: 'referral' } : { kind: 'refused', code });
        });
        // References to other naming contexts come with every answer of some directories; they are not followed.
        answer.on('end', () => resolve({ kind: 'entries', entries }));
      });
    });
  }

  /** Ends with an answer, or destroys the connection: an operation that was given up could answer the next one. */
  async #operation<T>(signal: AbortSignal, start: (resolve: (answer: T) => void, fail: () => void) => void): Promise<T> {
    if (!this.#open) throw new DirectoryFailure('lost');
    if (signal.aborted) throw new DirectoryFailure('deadline');
    const ended = Promise.withResolvers<T>();
    const onAbort = () => ended.reject(new DirectoryFailure('deadline'));
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      start(ended.resolve, () => ended.reject(new DirectoryFailure('lost')));
      return await Promise.race([ended.promise, this.#lost.promise]);
    } catch (error) {
      this.destroy();
      throw error instanceof DirectoryFailure ? error : new DirectoryFailure('protocol');
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

/** A DN that is printed as it was written: the library parses a text and prints it without some of its escapes. The published type knows texts only. */
const verbatim = (dn: string): string => Object.assign(parseDN('cn=x'), { toString: () => dn }) as unknown as string;

/**
 * The DN comes from an attribute: ldapjs's own parsed one drops escapes (`cn=a\+b` becomes `cn=a`, another entry), so it
 * is never used. Without such an attribute the DN is empty, which no login accepts.
 */
const entryOf = (entry: SearchEntry): DirectoryEntry => {
  const attributes = new Map(entry.attributes.map((attribute) => [attribute.type.toLowerCase(), attribute.buffers]));
  const dn = DN_ATTRIBUTES.map((name) => attributes.get(name.toLowerCase())?.[0]).find((value) => value !== undefined);
  return { dn: dn?.toString('utf8') ?? '', attributes };
};

/** A result code of the directory's, or null for an error of the connection or of the library. */
const resultCodeOf = (error: unknown): number | null => {
  const code: unknown = (error as { code?: unknown }).code;
  // 80 ("other") is what ldapjs gives its own connection errors; no code from there up decides anything.
  return typeof code === 'number' && code > 0 && code < 80 ? code : null;
};
