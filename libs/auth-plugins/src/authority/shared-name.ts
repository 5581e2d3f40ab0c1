import { StartupError } from '../contract/startup.error.js';
import type { AuthoritySettings } from './authority.settings.js';
import { kafkaNameOf } from './kafka-name.rule.js';

/**
 * I9's one exception, `owns: group`: who shares a Kafka name must be exactly who is in a group that somebody keeps, and a
 * rule that can only yield a forbidden name stops the start.
 * @throws StartupError
 */
export const assertSharedName = ({ id, admits, kafkaNames }: AuthoritySettings, isProtected: (name: string) => boolean): void => {
  if (kafkaNames.owns !== 'group') return;
  const { groups, ...others } = admits;
  const isByGroupAlone = groups !== undefined && Object.values(others).every((rule) => rule === undefined);
  if (!isByGroupAlone) throw new StartupError(`authority '${id}': kafkaNames.owns: group needs admits.groups and no other rule beside it`);
  const named = kafkaNameOf({ name: '' }, kafkaNames, isProtected);
  if (named.kind !== 'name') throw new StartupError(`authority '${id}': kafkaNames.name '${kafkaNames.name}' is ${named.kind === 'protected' ? 'protected' : 'no name that Kafka principals may have'}`);
};
