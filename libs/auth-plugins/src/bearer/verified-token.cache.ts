import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Verification } from '../contract/outcome.js';
import type { Clock } from '../contract/plugin.js';
import type { VerifiedFacts } from '../contract/principal.js';

export interface VerifiedTokenCache {
  /** The facts of this very token as they were verified, with their old `verifiedAt`; or what `verify` says now. */
  through(token: string, verify: (token: string) => Promise<Verification>): Promise<Verification>;
  forget(): void;
}

const MAX_ENTRIES = 20_000;

/**
 * Remembers tokens that verified, by their SHA-256 and never past `exp` (attack 23). Rejections are not remembered: they
 * cost the sender more than us, and random tokens would push good ones out.
 */
export const createVerifiedTokenCache = (maxAgeSeconds: number, clock: Clock): VerifiedTokenCache => {
  const verified = new LRUCache<string, VerifiedFacts>({ max: MAX_ENTRIES });
  const cacheUntil = ({ verifiedAt, credentialExpiresAt }: VerifiedFacts) => Math.min(verifiedAt + maxAgeSeconds * 1000, credentialExpiresAt ?? 0);
  return {
    through: async (token, verify) => {
      if (maxAgeSeconds === 0) return verify(token);
      const key = hash('sha256', token, 'base64url');
      const facts = verified.get(key);
      if (facts !== undefined) {
        // A clock that went back makes the entry old, not young.
        if (clock.now() < cacheUntil(facts) && clock.now() >= facts.verifiedAt) return { kind: 'verified', facts };
        verified.delete(key);
      }
      const verification = await verify(token);
      if (verification.kind === 'verified') verified.set(key, verification.facts);
      return verification;
    },
    forget: () => verified.clear(),
  };
};
