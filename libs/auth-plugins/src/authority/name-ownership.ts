import { StartupError } from '../contract/startup.error.js';
import type { AuthoritySettings, KafkaNameSettings } from './authority.settings.js';
import { isGuid } from './group-id.js';
import { foldName } from './protected-names.js';

/**
 * I9: two authorities never own one name, or Entra's `alice` would write as the directory's `alice`.
 * @throws StartupError that names both owners
 */
export const assertDisjointNames = (authorities: readonly AuthoritySettings[]): void => {
  authorities.forEach((one, index) => {
    for (const other of authorities.slice(index + 1)) {
      if (overlap(one.kafkaNames, other.kafkaNames)) throw new StartupError(`authorities '${one.id}' and '${other.id}' could give the same Kafka name: choose disjoint kafkaNames.owns`);
    }
  });
};

const isOwned = (name: string, by: KafkaNameSettings): boolean => {
  switch (by.owns) {
    case 'group':
      return foldName(name) === foldName(by.name);
    case 'prefix':
      return foldName(name).startsWith(foldName(by.prefix));
    case 'guid':
      return isGuid(name);
    case 'plain':
      return !name.includes('/') && !isGuid(name);
  }
};

const overlap = (one: KafkaNameSettings, other: KafkaNameSettings): boolean => {
  if (one.owns === 'group') return isOwned(one.name, other);
  if (other.owns === 'group') return isOwned(other.name, one);
  if (one.owns !== 'prefix' || other.owns !== 'prefix') return one.owns === other.owns;
  // Folded: ACLs tell A/ from a/, the people who write them may not.
  const [a, b] = [foldName(one.prefix), foldName(other.prefix)];
  return a.startsWith(b) || b.startsWith(a);
};
