import type { VerifiedPrincipal } from '../contract/principal.js';
import type { KafkaNameSettings } from './authority.settings.js';
import { isGuid } from './group-id.js';

/** What ACLs see of a principal on a cluster, or why it may have no name there. */
export type KafkaName =
  | { readonly kind: 'name'; readonly name: string }
  /** 403 and a security event: a verified caller would become a super user, a broker or Postern. */
  | { readonly kind: 'protected' }
  /** 403: the name lies outside of what the authority owns, or of what Kafka names may be made of. */
  | { readonly kind: 'outside' };

/** I9. The first character is no dot or slash, so that no name looks like a path or an option. */
const ALLOWED = /^[A-Za-z0-9][A-Za-z0-9._@/-]{0,127}$/;

/** One injective rule an authority, save `group`, which I9 declares: what it yields always lies in the set that this authority alone owns. */
export const kafkaNameOf = (principal: Pick<VerifiedPrincipal, 'name'>, settings: KafkaNameSettings, isProtected: (name: string) => boolean): KafkaName => {
  const name = candidate(principal, settings);
  if (name === null || !ALLOWED.test(name)) return { kind: 'outside' };
  return isProtected(name) ? { kind: 'protected' } : { kind: 'name', name };
};

const candidate = ({ name }: Pick<VerifiedPrincipal, 'name'>, settings: KafkaNameSettings): string | null => {
  if (settings.owns === 'group') return settings.name;
  if (settings.owns === 'prefix') return settings.prefix + name;
  if (settings.owns === 'guid') return isGuid(name) ? name.toLowerCase() : null;
  return name.includes('/') || isGuid(name) ? null : name;
};
