import type { Plugin } from '@postern/auth-plugins';
import type { Authentication } from '../authn/authentication.js';
import type { Settings } from '../config/settings.schema.js';
import type { Gate } from '../gate/gate.js';
import type { Identity } from './identity.js';

/**
 * Everything live that decides about a request (I27): keys, CAs, revocation lists, rules, protected names, issuers, limits.
 * Never changed; a request reads the one that was newest when it came.
 */
export interface Snapshot {
  readonly number: number;
  /** Epoch ms. */
  readonly takenAt: number;
  readonly settings: Settings;
  readonly plugins: readonly Plugin[];
  readonly authentication: Authentication;
  readonly identity: Identity;
  readonly gate: Gate;
}

/** Where a request finds its snapshot. */
export interface NewestSnapshot {
  readonly current: Snapshot;
}

/** The newest snapshot. One place, so that a change is one assignment. */
export class Snapshots implements NewestSnapshot {
  #current: Snapshot;

  constructor(first: Snapshot) {
    this.#current = first;
  }

  get current(): Snapshot {
    return this.#current;
  }

  take(next: Snapshot): void {
    this.#current = next;
  }
}
