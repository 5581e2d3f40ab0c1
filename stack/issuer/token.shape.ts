import { randomBytes } from 'node:crypto';
import { SignJWT, type JWTPayload } from 'jose';
import { v1Issuer, v2Issuer } from './issuer.settings.ts';
import type { KeyRing } from './key-ring.ts';
import { GRAPH, TENANT, type ApiRegistration, type ClientRegistration } from './registrations.ts';

/** What a test wants to be different. In claims and header, null takes the member away. */
export interface TokenShape {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  /** Of the token, from now; negative gives one that has ended. */
  readonly lifeSeconds?: number;
  readonly kid?: string;
}

export const LIFE_SECONDS = 3_600;
// Entra dates tokens five minutes back, for resource servers whose clock is behind.
const BACKDATED_SECONDS = 300;

const withoutNulls = (members: Readonly<Record<string, unknown>>): Record<string, unknown> => Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null));

/** Claims of an application's token in the version of the API's registration (Entra's access token reference). */
const applicationClaims = (client: ClientRegistration, api: ApiRegistration, port: number, now: number, lifeSeconds: number): JWTPayload => {
  const common = {
    iat: now - BACKDATED_SECONDS,
    nbf: now - BACKDATED_SECONDS,
    exp: now + lifeSeconds,
    aio: randomBytes(24).toString('base64'),
    idtyp: 'app',
    oid: client.objectId,
    rh: randomBytes(16).toString('base64url'),
    sub: client.objectId,
    tid: TENANT,
    uti: randomBytes(16).toString('base64url'),
    ver: api.tokenVersion,
    ...(client.roles.length > 0 && (api.isTenants || api.appId === GRAPH.appId) ? { roles: client.roles } : {}),
    ...(client.groups.length > 0 && api.isTenants ? { groups: client.groups } : {}),
  };
  return api.tokenVersion === '2.0'
    ? { aud: api.appId, iss: v2Issuer(port), ...common, azp: client.appId, azpacr: '1' }
    : { aud: api.appIdUri, iss: v1Issuer, ...common, appid: client.appId, appidacr: '1', idp: v1Issuer };
};

/** @returns a signed compact token */
export const signToken = async (ring: KeyRing, client: ClientRegistration, api: ApiRegistration, port: number, shape: TokenShape): Promise<string> => {
  const { kid, key } = await ring.signer(shape.kid);
  const claims = applicationClaims(client, api, port, Math.floor(Date.now() / 1_000), shape.lifeSeconds ?? LIFE_SECONDS);
  const header = { typ: 'JWT', alg: 'RS256', ...(api.tokenVersion === '1.0' ? { x5t: kid } : {}), kid };
  return new SignJWT(withoutNulls({ ...claims, ...shape.claims }))
    .setProtectedHeader({ ...withoutNulls({ ...header, ...shape.header }), alg: 'RS256' })
    .sign(key);
};
