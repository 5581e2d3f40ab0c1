import { canonicalGroupId } from '../authority/group-id.js';
import type { RejectReason } from '../contract/outcome.js';
import type { Groups } from '../contract/principal.js';
import { isNamingText } from '../jwt/text.claim.js';
import type { OidcSettings } from './oidc.settings.js';

/** What an access token says of its caller, once its signature, issuer, audience and times hold. */
export interface OidcClaims {
  readonly subject: string;
  readonly name: string;
  readonly groups: Groups;
  readonly roles: readonly string[];
  readonly applicationId: string | null;
}

export type OidcClaimsReading = { readonly kind: 'claims'; readonly claims: OidcClaims } | { readonly kind: 'rejected'; readonly reason: RejectReason };

type Payload = Readonly<Record<string, unknown>>;

const MAX_VALUES = 500;
const rejected: OidcClaimsReading = { kind: 'rejected', reason: 'bad-claims' };

export const readOidcClaims = (payload: Payload, settings: Pick<OidcSettings, 'principalClaim' | 'groupsClaim' | 'rolesClaim' | 'applicationClaim' | 'requiredClaims'>): OidcClaimsReading => {
  const { sub } = payload;
  const name = claimAt(payload, settings.principalClaim);
  if (!isNamingText(sub) || !isNamingText(name)) return rejected;
  // OpenID Connect Core sections 3.1.3.6 and 3.3.2.11: only ID tokens have these, and an ID token is no right to call anyone.
  if ('at_hash' in payload || 'c_hash' in payload) return { kind: 'rejected', reason: 'refused-form' };
  if (Object.entries(settings.requiredClaims).some(([claim, text]) => claimAt(payload, [claim]) !== text)) return rejected;
  const roles = settings.rolesClaim === undefined ? [] : textsOf(claimAt(payload, settings.rolesClaim) ?? []);
  if (roles === null) return rejected;
  const application = claimAt(payload, settings.applicationClaim);
  return { kind: 'claims', claims: { subject: sub, name, groups: readGroups(payload, settings.groupsClaim), roles, applicationId: typeof application === 'string' && application !== '' ? application : null } };
};

const claimAt = (payload: Payload, path: readonly string[]): unknown => {
  let value: unknown = payload;
  for (const member of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, member)) return undefined;
    value = (value as Payload)[member];
  }
  return value;
};

const textsOf = (value: unknown): readonly string[] | null => {
  const list: unknown = typeof value === 'string' ? [value] : value;
  return Array.isArray(list) && list.length <= MAX_VALUES && list.every((each) => typeof each === 'string') ? list : null;
};

/** Absent, in part elsewhere, or not in a form that rules compare: unknown, never "none" (I24). `_claim_sources` is never read (attack 39). */
const readGroups = (payload: Payload, path: readonly string[] | undefined): Groups => {
  if (path === undefined || '_claim_names' in payload || (payload['hasgroups'] ?? false) !== false) return { kind: 'unknown' };
  const texts = textsOf(claimAt(payload, path));
  const ids = texts?.map(canonicalGroupId) ?? [null];
  return ids.every((id): id is string => id !== null) ? { kind: 'known', ids } : { kind: 'unknown' };
};
