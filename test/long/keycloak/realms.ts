import type { ClientWish, Keycloak, KeycloakRealm } from '../../../stack/src/index.ts';

export const AUDIENCE = 'kafka-rest';
const client = (id: string, over: Partial<ClientWish> = {}): ClientWish => ({ id, secret: `${id}-secret-of-this-run`, audience: AUDIENCE, ...over });

/** What may go right and wrong in a realm, one client for each. */
export const CLIENTS = {
  orders: client('orders-app', { roles: ['kafka-user', 'kafka-writer'] }),
  /** Has the role and no rule in Kafka. */
  stranger: client('stranger-app', { roles: ['kafka-user', 'kafka-writer'] }),
  reader: client('reader-app', { roles: ['kafka-user'] }),
  roleless: client('roleless-app'),
  /** Without an audience mapper. */
  elsewhere: client('elsewhere-app', { audience: null, roles: ['kafka-user', 'kafka-writer'] }),
  /** As Keycloak makes a client: `account` is in its audience too. */
  fullScope: client('full-scope-app', { fullScope: true, roles: ['kafka-user', 'kafka-writer'] }),
  /** Signs by an algorithm that the plugin of this realm does not take. */
  ps256: client('ps256-app', { algorithm: 'PS256', roles: ['kafka-user', 'kafka-writer'] }),
} as const;

export const ALICE = { name: 'alice', password: 'alice-at-keycloak', roles: ['kafka-user', 'kafka-writer'] } as const;

export interface Realms {
  /** RS256, found by discovery, callers by readable name, roles from realm_access. */
  readonly apps: KeycloakRealm;
  /** PS256, keys by a fixed address, callers by `sub`, roles by the names of groups. */
  readonly pss: KeycloakRealm;
  /** ES256; the broker trusts this realm itself and is shown the callers' own tokens. */
  readonly own: KeycloakRealm;
}

export const makeRealms = async (keycloak: Keycloak): Promise<Realms> => {
  const wish = { roles: ['kafka-user', 'kafka-writer'], tokenLifeSeconds: 600 } as const;
  const apps = await keycloak.makeRealm({ ...wish, name: 'apps', algorithm: 'RS256' });
  for (const each of Object.values(CLIENTS)) await apps.addClient(each);
  await apps.addPerson(ALICE);
  const pss = await keycloak.makeRealm({ ...wish, name: 'pss', roles: [], groups: ['kafka-writers'], algorithm: 'PS256' });
  await pss.addClient({ ...CLIENTS.orders, roles: [], groups: ['kafka-writers'] });
  const own = await keycloak.makeRealm({ ...wish, name: 'own', algorithm: 'ES256' });
  await own.addClient(CLIENTS.orders);
  return { apps, pss, own };
};

const tokenIn = (body: string, member: string): string => (JSON.parse(body) as Readonly<Record<string, string>>)[member] ?? '';

/** A token by the client credentials grant. @throws Error when Keycloak refuses */
export const serviceToken = async (realm: KeycloakRealm, wish: ClientWish): Promise<string> => {
  const reply = await realm.requestToken(wish, { grant_type: 'client_credentials' });
  if (reply.status !== 200) throw new Error(`Keycloak refused ${wish.id}: ${reply.status} ${reply.body}`);
  return tokenIn(reply.body, 'access_token');
};

/** All three tokens of a person, by the password grant. */
export const personTokens = async (realm: KeycloakRealm): Promise<Readonly<Record<'access' | 'id' | 'refresh', string>>> => {
  const { status, body } = await realm.requestToken(CLIENTS.orders, { grant_type: 'password', username: ALICE.name, password: ALICE.password, scope: 'openid' });
  if (status !== 200) throw new Error(`Keycloak refused ${ALICE.name}: ${status} ${body}`);
  return { access: tokenIn(body, 'access_token'), id: tokenIn(body, 'id_token'), refresh: tokenIn(body, 'refresh_token') };
};

/** A claim of a token, unverified. */
export const claimOf = (token: string, name: string): unknown => (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Readonly<Record<string, unknown>>)[name];
