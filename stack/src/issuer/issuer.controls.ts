import type { Command } from '../../issuer/control.ts';
import type { Endpoint, FaultKind } from '../../issuer/faults.ts';
import type { ClientName, ClientRegistration } from '../../issuer/registrations.ts';
import type { TokenShape } from '../../issuer/token.shape.ts';
import { callHttps, type Reply } from './issuer.calls.ts';

export interface IssuerVersion {
  /** The exact `iss`. */
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl: string;
  readonly tokenUrl: string;
}

/** What another process needs to know of a running issuer: plain data. */
export interface IssuerDescription {
  readonly url: string;
  readonly port: number;
  readonly caFile: string;
  readonly tenant: string;
  readonly v1: IssuerVersion;
  readonly v2: IssuerVersion;
  /** Key set of both versions, written atomically whenever keys change. */
  readonly jwksFile: string;
  readonly clients: readonly ClientRegistration[];
  /** Where Graph and its tokens are, and the owner-only file with the secret of `postern-proxy`. */
  readonly graph: { readonly url: string; readonly tokenUrl: string; readonly clientSecretFile: string };
  readonly control: { readonly url: string; readonly token: string };
}

export type IssuerApi = 'api://postern' | 'api://postern-v1' | 'https://hib.azurehdinsight.net';

/** What a specification does to the issuer; needs the description only. */
export interface IssuerControls {
  client(name: ClientName): ClientRegistration;
  /** The client credentials grant at the v2 endpoint, with the secret. @throws Error when it is refused */
  fetchToken(name: ClientName, api?: IssuerApi): Promise<string>;
  /** The raw answer of the v2 token endpoint to any form. */
  requestToken(form: Readonly<Record<string, string>>, headers?: Readonly<Record<string, string>>): Promise<Reply>;
  /** A token of any shape, also one that has ended or lies. */
  sign(name: ClientName, api: IssuerApi, shape?: TokenShape): Promise<string>;
  /** @returns all kids, the signing one first */
  rotateKeys(): Promise<readonly string[]>;
  dropKey(kid?: string): Promise<readonly string[]>;
  fault(endpoint: Endpoint | 'all', kind: FaultKind): Promise<void>;
  /** Shape of every token from now on; without one, as normal. */
  shapeTokens(shape?: TokenShape): Promise<void>;
  /** What Graph says from now on; tokens go on telling what was registered. */
  setMemberships(objectId: string, groups: readonly string[]): Promise<void>;
  /** How often each part was asked since the start. */
  requestCounts(): Promise<Readonly<Record<Endpoint, number>>>;
}

export const issuerControls = (issuer: IssuerDescription): IssuerControls => {
  const tell = async <T>(command: Command): Promise<T> => {
    const response = await fetch(issuer.control.url, { method: 'POST', headers: { authorization: `Bearer ${issuer.control.token}` }, body: JSON.stringify(command) });
    if (!response.ok) throw new Error(`the issuer's control refused: ${response.status}`);
    return (await response.json()) as T;
  };
  const client = (name: ClientName): ClientRegistration => {
    const found = issuer.clients.find((one) => one.name === name);
    if (found === undefined) throw new Error(`no client ${name}`);
    return found;
  };
  const requestToken: IssuerControls['requestToken'] = (form, headers = {}) =>
    callHttps(issuer.v2.tokenUrl, issuer.caFile, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams(form).toString(),
    });
  return {
    client,
    requestToken,
    fetchToken: async (name, api = 'api://postern') => {
      const { appId, secret } = client(name);
      const reply = await requestToken({ grant_type: 'client_credentials', client_id: appId, client_secret: secret, scope: `${api}/.default` });
      if (reply.status !== 200) throw new Error(`the issuer refused ${name}: ${reply.status}`);
      return (JSON.parse(reply.body) as { access_token: string }).access_token;
    },
    sign: async (name, api, shape = {}) => (await tell<{ token: string }>({ do: 'sign', client: name, api, shape })).token,
    rotateKeys: async () => (await tell<{ kids: readonly string[] }>({ do: 'rotate' })).kids,
    dropKey: async (kid) => (await tell<{ kids: readonly string[] }>(kid === undefined ? { do: 'drop' } : { do: 'drop', kid })).kids,
    fault: async (endpoint, kind) => void (await tell({ do: 'fault', endpoint, kind })),
    shapeTokens: async (shape = {}) => void (await tell({ do: 'shape', shape })),
    setMemberships: async (objectId, groups) => void (await tell({ do: 'memberships', objectId, groups })),
    requestCounts: () => tell({ do: 'counts' }),
  };
};
