import { createHmac, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { RejectReason, Verification } from '../contract/outcome.js';
import type { Clock } from '../contract/plugin.js';
import type { VerifiedFacts } from '../contract/principal.js';

export interface CredentialCacheOptions {
  readonly pluginId: string;
  readonly credentialSeconds: number;
  readonly negativeSeconds: number;
  readonly entries: number;
  readonly clock: Clock;
}

/** Logins remembered for a short time: good ones spare the directory, bad ones spare the account (attacks 51, 54). */
export interface CredentialCache {
  /**
   * What is remembered of this credential, or what `verify` says now; asked once for all who wait for the same one.
   * A remembered login keeps the `verifiedAt` of its real bind (I11).
   */
  through(loginName: string, password: string, verify: () => Promise<Verification>): Promise<Verification>;
  forget(): void;
}

interface Remembered {
  readonly verification: { readonly kind: 'verified'; readonly facts: VerifiedFacts } | { readonly kind: 'rejected'; readonly reason: RejectReason };
  readonly at: number;
}

/**
 * Keys are HMACs under a key that lives in this process only: unlike a plain hash, a key out of a heap dump or a core
 * file cannot be tested against guessed passwords. No password is kept.
 */
export const createCredentialCache = ({ pluginId, credentialSeconds, negativeSeconds, entries, clock }: CredentialCacheOptions): CredentialCache => {
  const secret = randomBytes(32);
  const keyOf = (loginName: string, password: string): string => {
    const hmac = createHmac('sha256', secret);
    for (const field of ['basic', pluginId, loginName, password]) hmac.update(`${Buffer.byteLength(field)}:`).update(field);
    return hmac.digest('base64url');
  };
  // Two maps, so that a flood of wrong passwords cannot push the good ones out.
  const good = new LRUCache<string, Remembered>({ max: entries });
  const bad = new LRUCache<string, Remembered>({ max: entries });
  const underWay = new Map<string, Promise<Verification>>();
  let generation = 0;

  /** What a login gave may end before the login's own time: the token of a metadata service. */
  const hasEnded = (verification: Remembered['verification']): boolean =>
    verification.kind === 'verified' && verification.facts.credentialExpiresAt !== null && verification.facts.credentialExpiresAt <= clock.now();
  const recall = (map: LRUCache<string, Remembered>, key: string, seconds: number): Verification | null => {
    const remembered = map.get(key);
    if (remembered === undefined) return null;
    const age = clock.now() - remembered.at;
    if (age >= 0 && age < seconds * 1000 && !hasEnded(remembered.verification)) return remembered.verification;
    map.delete(key);
    return null;
  };
  const remember = (key: string, verification: Verification): void => {
    switch (verification.kind) {
      case 'verified':
        good.set(key, { verification, at: verification.facts.verifiedAt });
        return;
      case 'rejected':
        bad.set(key, { verification, at: clock.now() });
        return;
      case 'throttled':
        return;
    }
  };

  return {
    through: async (loginName, password, verify) => {
      const key = keyOf(loginName, password);
      const known = recall(good, key, credentialSeconds) ?? recall(bad, key, negativeSeconds) ?? underWay.get(key);
      if (known !== undefined) return known;
      const started = generation;
      const asked = verify()
        .then((verification) => {
          // Forgotten meanwhile: what it found was found under the older snapshot (I27).
          if (started === generation) remember(key, verification);
          return verification;
        })
        .finally(() => {
          if (underWay.get(key) === asked) underWay.delete(key);
        });
      underWay.set(key, asked);
      return asked;
    },
    forget: () => {
      generation += 1;
      good.clear();
      bad.clear();
      underWay.clear();
    },
  };
};
