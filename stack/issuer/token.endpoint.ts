import { timingSafeEqual } from 'node:crypto';
import { ok, refusal, type Answer, type Refusal } from './answers.ts';
import { APIS, type ApiRegistration, type ClientRegistration } from './registrations.ts';
import { LIFE_SECONDS, type TokenShape } from './token.shape.ts';

export interface TokenRequest {
  readonly form: URLSearchParams;
  /** The Authorization header, if any. */
  readonly authorization: string | undefined;
  /** v1 names a resource, v2 a scope. */
  readonly endpoint: 'v1' | 'v2';
}

interface Issue {
  readonly clients: readonly ClientRegistration[];
  readonly shape: TokenShape;
  readonly sign: (client: ClientRegistration, api: ApiRegistration) => Promise<string>;
}

// RFC 6749, 2.3.1: both halves of Basic are form-encoded before they are joined.
const basic = (authorization: string | undefined): { readonly id: string; readonly secret: string } | null => {
  const encoded = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return null;
  const [id = '', ...rest] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  return { id: decodeURIComponent(id), secret: decodeURIComponent(rest.join(':')) };
};

const same = (left: string, right: string): boolean => {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
};

const authenticate = (request: TokenRequest, clients: readonly ClientRegistration[]): ClientRegistration | Refusal => {
  const presented = basic(request.authorization) ?? { id: request.form.get('client_id') ?? '', secret: request.form.get('client_secret') ?? '' };
  const client = clients.find(({ appId }) => appId === presented.id);
  if (client === undefined) return 'no-such-client';
  return same(client.secret, presented.secret) ? client : 'wrong-secret';
};

const wantedApi = ({ form, endpoint }: TokenRequest): ApiRegistration | Refusal => {
  let resource = form.get('resource') ?? '';
  if (endpoint === 'v2') {
    const scope = form.get('scope') ?? '';
    if (!scope.endsWith('/.default')) return 'wrong-scope';
    resource = scope.slice(0, -'/.default'.length);
  }
  const api = APIS.find(({ appIdUri, appId }) => [appIdUri, `${appIdUri}/`, appId].includes(resource));
  // The older tokens name their audience as the caller wrote it, with a slash or without.
  return api === undefined ? 'no-such-api' : resource === `${api.appIdUri}/` ? { ...api, appIdUri: resource } : api;
};

/** OAuth's client credentials grant, as Entra answers it. */
export const tokenEndpoint = async (request: TokenRequest, issue: Issue): Promise<Answer> => {
  const grant = request.form.get('grant_type');
  if (grant === null) return refusal('no-grant');
  if (grant !== 'client_credentials') return refusal('wrong-grant');
  const client = authenticate(request, issue.clients);
  if (typeof client === 'string') return refusal(client);
  const api = wantedApi(request);
  if (typeof api === 'string') return refusal(api);
  const token = await issue.sign(client, api);
  const life = issue.shape.lifeSeconds ?? LIFE_SECONDS;
  if (request.endpoint === 'v2') return ok({ token_type: 'Bearer', expires_in: life - 1, ext_expires_in: life - 1, access_token: token });
  // The older endpoint writes numbers as strings.
  const now = Math.floor(Date.now() / 1_000);
  return ok({
    token_type: 'Bearer',
    expires_in: String(life - 1),
    ext_expires_in: String(life - 1),
    expires_on: String(now + life),
    not_before: String(now - 300),
    resource: api.appIdUri,
    access_token: token,
  });
};
