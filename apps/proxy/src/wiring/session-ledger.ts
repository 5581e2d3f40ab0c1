import { LRUCache } from 'lru-cache';
import type { MintRecord, Plugin, VerifiedPrincipal } from '@postern/auth-plugins';
import type { KafkaCredentialSource } from '@postern/kafka';
import type { Snapshot } from './snapshot.js';

interface Admission {
  readonly principal: VerifiedPrincipal;
  readonly plugin: Plugin;
  readonly kafkaName: string;
  readonly clusterId: string;
}

/**
 * What let each Kafka session in (I27): the plugin as it was, the principal with its name, and the keys that signed its tokens. A
 * newer snapshot is asked whether it would do so again; a session that nobody remembers ends.
 */
export class SessionLedger {
  readonly #admissions: LRUCache<string, Admission>;
  /** End of the newest token by (principal, cluster) and key. */
  readonly #signed: LRUCache<string, ReadonlyMap<string, number>>;

  constructor(max: number) {
    this.#admissions = new LRUCache({ max });
    this.#signed = new LRUCache({ max });
  }

  admitted({ sessionKey, kafkaName, clusterId }: KafkaCredentialSource, principal: VerifiedPrincipal, plugin: Plugin): void {
    this.#admissions.set(sessionKey, { principal, plugin, kafkaName, clusterId });
    // In use as well: others' tokens must not push out which keys signed for a session that is remembered.
    this.#signed.get(`${clusterId} ${principal.key}`);
  }

  minted({ phase, principalKey, clusterId, kid, expiresAt }: MintRecord): void {
    if (phase !== 'minted') return;
    const key = `${clusterId} ${principalKey}`;
    this.#signed.set(key, new Map([...(this.#signed.get(key) ?? []), [kid, expiresAt]]));
  }

  /** @returns whether a session must end under `next`, by its key */
  endedBy(next: Snapshot, now: number): (sessionKey: string) => boolean {
    return (sessionKey) => {
      const admission = this.#admissions.get(sessionKey);
      return admission === undefined || !this.#stands(admission, next, now);
    };
  }

  #stands({ principal, plugin, kafkaName, clusterId }: Admission, { plugins, identity }: Snapshot, now: number): boolean {
    const { authorities, tokens } = identity;
    // A plugin made anew has other keys, CAs or rules: what it would say of this credential only the credential can tell.
    if (!plugins.includes(plugin)) return false;
    if (authorities.admission(principal).kind === 'refused') return false;
    const named = authorities.kafkaName(principal, clusterId);
    if (named.kind !== 'name' || named.name !== kafkaName) return false;
    const kids = this.#signed.get(`${clusterId} ${principal.key}`) ?? new Map<string, number>();
    return [...kids].every(([kid, expiresAt]) => expiresAt <= now || kid.startsWith('mds:') || tokens.isLive(clusterId, kid));
  }
}
