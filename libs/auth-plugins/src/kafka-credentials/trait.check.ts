import type { Authorities } from '../authority/authorities.js';
import { StartupError } from '../contract/startup.error.js';
import { authorityKey, type Cell, type MatrixPlugin } from './matrix.check.js';

/**
 * What plugins and cells may not do for their authority's sake: a token for another resource needs a rule on whom to admit
 * (I20: anyone in a tenant can get one), and a name that a group shares is never in a token that somebody else made for the caller (I9).
 * @param cellsOf the checked cells of every cluster, by row key
 * @throws StartupError
 */
export const assertTraits = (plugins: readonly MatrixPlugin[], traits: Authorities['traits'], cellsOf: readonly ReadonlyMap<string, Cell>[]): void => {
  for (const { id, authority, claims, impersonate } of plugins) {
    const { admitsAnyone, sharesOneName } = traits(authority);
    for (const claim of claims) {
      const isBearer = claim.scheme === 'bearer';
      if (isBearer && admitsAnyone && (claim.foreignAudiences ?? []).length > 0)
        throw new StartupError(`plugin '${id}' takes tokens for HDInsight, and authority '${authority}' admits anyone in the tenant: name a group (I20)`);
      const from = isBearer ? claim.issuer : authorityKey(authority);
      // Asked to impersonate, MDS makes its token for the shared name itself.
      const ownNames: readonly (Cell['source'] | undefined)[] = impersonate !== undefined && !isBearer ? ['minted', 'mds'] : ['minted'];
      if (sharesOneName && cellsOf.some((cells) => !ownNames.includes(cells.get(from)?.source)))
        throw new StartupError(`authority '${authority}' gives a group one Kafka name: the row of ${from} must be minted (I9)`);
    }
  }
};
