import { createLocalJWKSet, jwtVerify } from 'jose';
import { graphError, ok, type Answer } from './answers.ts';
import { v1Issuer } from './issuer.settings.ts';
import type { KeyRing } from './key-ring.ts';
import type { Memberships, ObjectKind } from './memberships.ts';
import { GRAPH, GRAPH_READ_ROLE } from './registrations.ts';

const MAX_GROUPS_PER_CALL = 20;

export interface GroupQuestion {
  readonly kind: ObjectKind;
  readonly objectId: string;
  readonly body: string;
  readonly authorization: string | undefined;
}

/** Microsoft Graph's `POST /servicePrincipals/{oid}/checkMemberGroups`, and the same of users: which of these groups it is in. */
export const checkMemberGroups = async ({ kind, objectId, body, authorization }: GroupQuestion, ring: KeyRing, memberships: Memberships): Promise<Answer> => {
  const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1] ?? '';
  let roles: unknown;
  try {
    const { payload } = await jwtVerify(token, createLocalJWKSet(ring.jwks('1.0')), { issuer: v1Issuer, audience: GRAPH.appIdUri, algorithms: ['RS256'] });
    roles = payload['roles'];
  } catch {
    return graphError(401, 'InvalidAuthenticationToken', 'Access token is missing, has ended or is not for this service.');
  }
  if (!Array.isArray(roles) || !roles.includes(GRAPH_READ_ROLE)) return graphError(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.');
  const groups = memberships.of(kind, objectId);
  if (groups === null) return graphError(404, 'Request_ResourceNotFound', `Resource '${objectId}' does not exist.`);
  const { groupIds } = JSON.parse(body) as { groupIds?: readonly string[] };
  if (groupIds === undefined || groupIds.length > MAX_GROUPS_PER_CALL) return graphError(400, 'Request_BadRequest', `groupIds must hold at most ${MAX_GROUPS_PER_CALL} ids.`);
  return ok({ '@odata.context': 'https://graph.microsoft.com/v1.0/$metadata#Collection(Edm.String)', value: groupIds.filter((id) => groups.includes(id)) });
};
