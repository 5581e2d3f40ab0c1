import { createLocalJWKSet, jwtVerify } from 'jose';
import { graphError, ok, type Answer } from './answers.ts';
import { v1Issuer } from './issuer.settings.ts';
import type { KeyRing } from './key-ring.ts';
import { GRAPH, GRAPH_READ_ROLE, type ClientRegistration } from './registrations.ts';

const MAX_GROUPS_PER_CALL = 20;

/** Microsoft Graph's `POST /servicePrincipals/{oid}/checkMemberGroups`: which of these groups it is in. */
export const checkMemberGroups = async (
  objectId: string,
  body: string,
  authorization: string | undefined,
  ring: KeyRing,
  clients: readonly ClientRegistration[],
): Promise<Answer> => {
  const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1] ?? '';
  let roles: unknown;
  try {
    const { payload } = await jwtVerify(token, createLocalJWKSet(ring.jwks('1.0')), { issuer: v1Issuer, audience: GRAPH.appIdUri, algorithms: ['RS256'] });
    roles = payload['roles'];
  } catch {
    return graphError(401, 'InvalidAuthenticationToken', 'Access token is missing, has ended or is not for this service.');
  }
  if (!Array.isArray(roles) || !roles.includes(GRAPH_READ_ROLE)) return graphError(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.');
  const principal = clients.find((client) => client.objectId === objectId);
  if (principal === undefined) return graphError(404, 'Request_ResourceNotFound', `Resource '${objectId}' does not exist.`);
  const { groupIds } = JSON.parse(body) as { groupIds?: readonly string[] };
  if (groupIds === undefined || groupIds.length > MAX_GROUPS_PER_CALL) return graphError(400, 'Request_BadRequest', `groupIds must hold at most ${MAX_GROUPS_PER_CALL} ids.`);
  return ok({ '@odata.context': 'https://graph.microsoft.com/v1.0/$metadata#Collection(Edm.String)', value: groupIds.filter((id) => principal.groups.includes(id)) });
};
