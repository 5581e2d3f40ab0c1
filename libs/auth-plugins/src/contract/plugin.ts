import type { Strategy } from 'passport';

/** One row of the claim table (I1): a scheme, and for bearer tokens the exact `iss` string. */
export type Claim = { readonly scheme: 'basic' } | { readonly scheme: 'bearer'; readonly issuer: string };

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
  /** One value of WWW-Authenticate, sent with every 401 (I2). */
  readonly challenge: string;
  readonly strategy: Strategy;
  start(): Promise<void>;
  health(): readonly HealthState[];
  /** Forgets cached verifications that a newer snapshot would not give (I27). */
  forget(): void;
  close(): Promise<void>;
}

/** Injected, so that no test sleeps. Epoch ms. */
export interface Clock {
  now(): number;
}
