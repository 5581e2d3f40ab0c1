import type { Strategy } from 'passport';
import type { MintAudit } from '../token-service/mint.record.js';
import type { Mint } from '../token-service/minted-token.js';
import type { KafkaName } from '../authority/kafka-name.rule.js';
import type { CertificateTrust, ClientCertificate } from './client-certificate.js';
import type { VerifiedPrincipal } from './principal.js';

/**
 * One row of the claim table (I1): a scheme, and for bearer tokens the exact `iss` string and the audiences taken with it.
 * `foreignAudiences` belong to another resource (I20): their callers have `onlyFor`, and a row of their own in the matrix.
 */
export type Claim =
  | { readonly scheme: 'basic' }
  /** The certificate of a socket, on listeners with `clientCertificate: identity`. */
  | { readonly scheme: 'certificate' }
  | { readonly scheme: 'bearer'; readonly issuer: string; readonly audiences?: readonly string[]; readonly foreignAudiences?: readonly string[] };

/** One named thing that readiness reports. No secret, no address. */
export interface HealthState {
  readonly name: string;
  readonly state: 'up' | 'down' | 'unknown';
}

/**
 * One configured way in. The guard runs `strategy` through @nestjs/passport; the strategy must end in exactly one of
 * `success(VerifiedPrincipal)`, `fail(...)` or `error(Unavailable)` (I6).
 */
export interface Plugin {
  /** The configured id, unique in this process's settings. */
  readonly id: string;
  readonly type: string;
  readonly authority: string;
  readonly claims: readonly Claim[];
  /** The MDS whose tokens this plugin's callers without a token may be shown with (I19): fetched by their password, or by impersonation. */
  readonly mdsIssuer?: string;
  /** Plugin `mtls`, where it is configured: MDS makes tokens for its callers. A tier-0 key, bound to the same lines as minting (I16). */
  readonly impersonate?: (context: ImpersonationContext) => Impersonate;
  /** Plugin `mtls` only: what listeners that ask for certificates trust. */
  readonly certificates?: CertificateTrust;
  /** Values of WWW-Authenticate, one a scheme, sent with every 401 (I2). */
  readonly challenges: readonly string[];
  readonly strategy: Strategy;
  start(): Promise<void>;
  health(): readonly HealthState[];
  /** Forgets cached verifications that a newer snapshot would not give (I27). */
  forget(): void;
  /** Asks its issuers for their keys now, whatever the age of those it has (I14: on command). Never throws. */
  refresh?(): Promise<void>;
  close(): Promise<void>;
}

/**
 * All that a strategy sees of a request: the guard makes this object, with the header value that `parseAuthorization`
 * checked. No body, no query, no other header can decide who is calling.
 */
export interface CredentialRequest {
  readonly headers: { readonly authorization: string };
  /** The peer's address, for failure budgets only (I28). */
  readonly source?: string;
  /** The socket's own, where it is the credential; no header names it (I26). */
  readonly certificate?: ClientCertificate;
}

/** What every plugin is created with. Relative paths in its settings are taken from `baseDir`. */
export interface PluginDependencies {
  readonly clock: Clock;
  readonly baseDir: string;
  /** For operators: a fixed name and a code, never a secret, an address or a third party's text. */
  readonly report?: (event: PluginReport) => void;
  /** `identity.maxProofAgeSeconds`: how long a TLS handshake proves a certificate (I11). */
  readonly maxProofAgeSeconds?: number;
  /** The groups, in canonical form, that rules name for an authority: all that a plugin ever needs to ask for. */
  readonly namedGroups?: (authority: string) => readonly string[];
}

/** What impersonating needs besides MDS: names and protected names, and the audit trail. */
export interface ImpersonationContext {
  readonly authorities: { kafkaName(principal: VerifiedPrincipal, clusterId: string): KafkaName };
  readonly audit: MintAudit;
  readonly maxProofAgeSeconds: number;
}

export type Impersonate = Mint;

export interface PluginReport {
  readonly pluginId: string;
  readonly event: string;
  readonly code?: string | number;
}

/** Injected, so that no test sleeps. Epoch ms. */
export interface Clock {
  now(): number;
}
