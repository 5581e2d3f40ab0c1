import { canonicalGroupId, isGuid } from '../authority/group-id.js';
import type { RejectReason } from '../contract/outcome.js';
import type { Groups } from '../contract/principal.js';
import type { EntraVersion } from './entra.settings.js';

/** What an Entra access token says of its caller, once its signature, issuer, audience and times hold. */
export interface EntraClaims {
  readonly objectId: string;
  readonly tenant: string;
  readonly applicationId: string;
  readonly groups: Groups;
  readonly roles: readonly string[];
}

export type ClaimsReading = { readonly kind: 'claims'; readonly claims: EntraClaims } | { readonly kind: 'rejected'; readonly reason: RejectReason };

type Payload = Readonly<Record<string, unknown>>;

const rejected = (reason: RejectReason): ClaimsReading => ({ kind: 'rejected', reason });
const MAX_ROLES = 500;

/**
 * Sources: Microsoft's access-token-claims-reference. `oid` and `tid` identify; names and addresses in the token are
 * mutable and are not read. An ID token has neither `azp` nor `appid` and is refused by that.
 */
export const readEntraClaims = (payload: Payload, expected: { readonly tenant: string; readonly version: EntraVersion }): ClaimsReading => {
  const tenant = payload['tid'];
  if (typeof tenant !== 'string' || tenant.toLowerCase() !== expected.tenant) return rejected('wrong-tenant');
  if (payload['ver'] !== (expected.version === 'v1' ? '1.0' : '2.0')) return rejected('bad-claims');
  const objectId = payload['oid'];
  const applicationId = payload[expected.version === 'v1' ? 'appid' : 'azp'];
  if (!isGuidText(objectId) || !isGuidText(applicationId) || !isOfOneKind(payload, objectId)) return rejected('bad-claims');
  const roles = payload['roles'] ?? [];
  if (!Array.isArray(roles) || roles.length > MAX_ROLES || !roles.every((role) => typeof role === 'string')) return rejected('bad-claims');
  return {
    kind: 'claims',
    claims: { objectId: objectId.toLowerCase(), tenant: tenant.toLowerCase(), applicationId: applicationId.toLowerCase(), groups: readGroups(payload), roles },
  };
};

const isGuidText = (value: unknown): value is string => typeof value === 'string' && isGuid(value);

/** Either a user's token (it has `scp`) or an application's own (`oid` is its `sub`, or `idtyp` says so): never neither, never both. */
const isOfOneKind = ({ scp, idtyp, sub }: Payload, objectId: string): boolean => {
  if (typeof sub !== 'string' || sub === '') return false;
  if (scp !== undefined) return typeof scp === 'string' && scp !== '' && idtyp !== 'app';
  return idtyp === 'app' || (idtyp === undefined && sub === objectId);
};

/**
 * Absent groups and both overage markers mean "unknown", never "none": Entra leaves the claim out above 200 groups and
 * for most service principals. `_claim_sources` names an address and is never read (attack 39).
 */
const readGroups = (payload: Payload): Groups => {
  const { groups, hasgroups, _claim_names: claimNames } = payload as { groups?: unknown; hasgroups?: unknown; _claim_names?: unknown };
  const isOverage = (hasgroups !== undefined && hasgroups !== false) || (typeof claimNames === 'object' && claimNames !== null && 'groups' in claimNames);
  if (isOverage || !Array.isArray(groups) || !groups.every(isGuidText)) return { kind: 'unknown' };
  return { kind: 'known', ids: groups.map((id) => canonicalGroupId(id) ?? id) };
};
