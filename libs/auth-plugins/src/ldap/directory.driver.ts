import type { RefusalCause } from './refusal.cause.js';

/**
 * What Postern needs of an LDAP client library: one connection, one operation at a time. A driver never decides who
 * someone is; it reports what the directory said, in a closed set.
 */
export interface DirectoryDriver {
  /**
   * Opens one connection to one server; TLS is verified before it resolves.
   * @throws DirectoryFailure when it did not open before `signal` aborted
   */
  connect(server: DirectoryServer, signal: AbortSignal): Promise<DirectoryConnection>;
}

export interface DirectoryServer {
  readonly url: string;
  /** STARTTLS (RFC 4513 section 3.1) on an ldap:// URL, before anything else is said. */
  readonly startTls?: boolean | undefined;
  /** PEM of the CA; absent: Node's own roots. */
  readonly ca?: string | undefined;
  readonly serverName?: string | undefined;
  /** When an opening connection is given up, its socket with it. */
  readonly connectTimeoutMs: number;
}

export interface DirectoryConnection {
  /** False once the connection ended, by whichever side. */
  readonly isOpen: boolean;
  /** @throws DirectoryFailure when no answer came */
  bind(dn: string, password: string, signal: AbortSignal): Promise<BindAnswer>;
  /** @throws DirectoryFailure when no whole answer came */
  search(search: DirectorySearch, signal: AbortSignal): Promise<SearchAnswer>;
  destroy(): void;
}

/** LDAP result codes (RFC 4511 section 4.1.9) as far as they decide anything. */
export type BindAnswer = { readonly kind: 'bound' } | { readonly kind: 'invalid-credentials'; readonly cause?: RefusalCause } | { readonly kind: 'refused'; readonly code: number };

export type SearchAnswer =
  | { readonly kind: 'entries'; readonly entries: readonly DirectoryEntry[] }
  /** Result 4: more entries than the size limit. */
  | { readonly kind: 'too-many' }
  /** Result 10: the answer is elsewhere. Never followed: it would carry a password off. */
  | { readonly kind: 'referral' }
  | { readonly kind: 'refused'; readonly code: number };

/** One value that an entry must hold, by a matching rule of its own where `rule` names one (RFC 4511 section 4.5.1.7.7). */
export interface Assertion {
  readonly attribute: string;
  readonly value: string;
  readonly rule?: string;
}

/** All entries under `base` that hold every one of `equals` and, where it is given, at least one of `anyOf`; the driver escapes values. */
export interface DirectorySearch {
  readonly base: string;
  readonly scope: 'base' | 'sub';
  readonly equals: readonly Assertion[];
  readonly anyOf?: readonly Assertion[];
  readonly attributes: readonly string[];
  readonly sizeLimit: number;
}

export interface DirectoryEntry {
  /** As the directory wrote it, fit for a bind; empty when that is not certain. */
  readonly dn: string;
  /** Values by attribute name in lower case, options (";range=...") kept in the name. */
  readonly attributes: ReadonlyMap<string, readonly Buffer[]>;
}

/** The connection is of no further use. `reason` is ours; a library's text may hold names and stays out. */
export class DirectoryFailure extends Error {
  override readonly name = 'DirectoryFailure';
  constructor(readonly reason: 'connect' | 'tls' | 'starttls' | 'lost' | 'deadline' | 'protocol' | 'busy' | 'unavailable' | 'service-account') {
    super(`directory: ${reason}`);
  }
}
