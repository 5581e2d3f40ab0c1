import { callHttps, type Reply } from '../issuer/issuer.calls.ts';
import type { KeycloakAdmin } from './keycloak.admin.ts';
import { realmKeys, type KeyAlgorithm, type RealmKeys } from './realm.keys.ts';

export interface RealmWish {
  readonly name: string;
  readonly roles: readonly string[];
  readonly groups?: readonly string[];
  readonly algorithm: KeyAlgorithm;
  /** Life of access tokens, seconds. */
  readonly tokenLifeSeconds: number;
}

/** A confidential client with a service account, and for tests the password grant. */
export interface ClientWish {
  readonly id: string;
  readonly secret: string;
  /** Named in `aud` by an audience mapper, in access and ID tokens; null: no mapper. */
  readonly audience: string | null;
  /** Realm roles of its service account. */
  readonly roles?: readonly string[];
  /** Of the realm, that its service account is in. */
  readonly groups?: readonly string[];
  /** Keycloak's default, under which `account` is named in `aud` too. Here: only the roles that `roles` of the realm name. */
  readonly fullScope?: boolean;
  /** Signs this client's access tokens, whatever the realm's default. */
  readonly algorithm?: KeyAlgorithm;
}

export interface PersonWish {
  readonly name: string;
  readonly password: string;
  readonly roles: readonly string[];
}

export interface KeycloakRealm extends RealmKeys {
  /** The exact `iss`. */
  readonly issuer: string;
  readonly jwksUrl: string;
  addClient(wish: ClientWish): Promise<void>;
  addPerson(wish: PersonWish): Promise<void>;
  enableClient(id: string, enabled: boolean): Promise<void>;
  /** The token endpoint's raw answer. */
  requestToken(client: Pick<ClientWish, 'id' | 'secret'>, form: Readonly<Record<string, string>>): Promise<Reply>;
}

interface Named {
  readonly id: string;
  readonly name: string;
}

const audienceMapper = (audience: string): object => ({
  name: `audience ${audience}`,
  protocol: 'openid-connect',
  protocolMapper: 'oidc-audience-mapper',
  config: { 'included.custom.audience': audience, 'access.token.claim': 'true', 'id.token.claim': 'true' },
});

/** Full paths, such as `/kafka/writers`: groups by name, which Postern takes as roles. */
const GROUPS_MAPPER = { name: 'groups', protocol: 'openid-connect', protocolMapper: 'oidc-group-membership-mapper', config: { 'claim.name': 'groups', 'full.path': 'true', 'access.token.claim': 'true', 'id.token.claim': 'false' } };

/** Makes a realm. Everything in it is as Keycloak makes it, unless a wish says otherwise. */
export const makeRealm = async (admin: KeycloakAdmin, url: string, caFile: string, { name, roles, groups = [], algorithm, tokenLifeSeconds }: RealmWish): Promise<KeycloakRealm> => {
  await admin.call('POST', '', { realm: name, enabled: true, accessTokenLifespan: tokenLifeSeconds, defaultSignatureAlgorithm: algorithm });
  for (const role of roles) await admin.call('POST', `/${name}/roles`, { name: role });
  for (const group of groups) await admin.call('POST', `/${name}/groups`, { name: group });
  const keys = realmKeys(admin, name);
  if (algorithm !== 'RS256') await keys.addKey(algorithm);
  const issuer = `${url}/realms/${name}`;
  const named = async (wanted: readonly string[]): Promise<readonly Named[]> => Promise.all(wanted.map((role) => admin.call<Named>('GET', `/${name}/roles/${role}`)));
  const clientId = async (id: string): Promise<string> => (await admin.call<readonly Named[]>('GET', `/${name}/clients?clientId=${id}`))[0]?.id ?? '';
  const giveRoles = async (person: string, wanted: readonly string[]): Promise<void> => void (await admin.call('POST', `/${name}/users/${person}/role-mappings/realm`, await named(wanted)));
  const join = async (person: string, group: string): Promise<void> => {
    const [found] = await admin.call<readonly Named[]>('GET', `/${name}/groups?exact=true&search=${group}`);
    await admin.call('PUT', `/${name}/users/${person}/groups/${found?.id}`);
  };
  return {
    ...keys,
    issuer,
    jwksUrl: `${issuer}/protocol/openid-connect/certs`,
    addClient: async ({ id, secret, audience, roles: own = [], groups: joined = [], fullScope = false, algorithm: signedBy }) => {
      await admin.call('POST', `/${name}/clients`, {
        clientId: id, secret, publicClient: false, serviceAccountsEnabled: true, directAccessGrantsEnabled: true, standardFlowEnabled: false, fullScopeAllowed: fullScope,
        protocolMappers: [GROUPS_MAPPER, ...(audience === null ? [] : [audienceMapper(audience)])],
        attributes: signedBy === undefined ? {} : { 'access.token.signed.response.alg': signedBy },
      });
      const internal = await clientId(id);
      if (!fullScope) await admin.call('POST', `/${name}/clients/${internal}/scope-mappings/realm`, await named(roles));
      const account = await admin.call<{ readonly id: string }>('GET', `/${name}/clients/${internal}/service-account-user`);
      await giveRoles(account.id, own);
      for (const group of joined) await join(account.id, group);
    },
    addPerson: async ({ name: person, password, roles: own }) => {
      // Without every member of the profile the password grant says that the account is not fully set up.
      const profile = { email: `${person}@example.test`, emailVerified: true, firstName: person, lastName: person };
      await admin.call('POST', `/${name}/users`, { username: person, enabled: true, ...profile, credentials: [{ type: 'password', value: password, temporary: false }] });
      const [found] = await admin.call<readonly Named[]>('GET', `/${name}/users?exact=true&username=${person}`);
      await giveRoles(found?.id ?? '', own);
    },
    enableClient: async (id, enabled) => void (await admin.call('PUT', `/${name}/clients/${await clientId(id)}`, { enabled })),
    requestToken: ({ id, secret }, form) =>
      callHttps(`${issuer}/protocol/openid-connect/token`, caFile, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ client_id: id, client_secret: secret, ...form }).toString(),
        timeoutMs: 30_000,
      }),
  };
};
