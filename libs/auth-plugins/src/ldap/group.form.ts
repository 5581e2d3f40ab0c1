import { isGuid } from '../authority/group-id.js';
import { StartupError } from '../contract/startup.error.js';
import type { DirectorySettings } from './directory.settings.js';

/**
 * A rule that names a group in another form than the directory tells it in would never match: an allow that is missing is
 * noticed, a deny is not.
 * @param named the groups of all rules of the authority
 * @throws StartupError
 */
export const assertGroupForm = (at: string, { groupSearch }: Pick<DirectorySettings, 'groupSearch'>, named: readonly string[]): void => {
  const idAttribute = groupSearch?.idAttribute ?? 'dn';
  const other = named.find((group) => isGuid(group) === (idAttribute === 'dn'));
  if (other === undefined) return;
  throw new StartupError(
    idAttribute === 'dn'
      ? `a rule names the group ${other} by its id, but ${at} tells groups by their full DN: set ${at}.groupSearch.idAttribute, or name the DN`
      : `a rule names the group ${other} by its DN, but ${at}.groupSearch.idAttribute is ${idAttribute}: name it by that id`,
  );
};
