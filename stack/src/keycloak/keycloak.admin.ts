import { callHttps } from '../issuer/issuer.calls.ts';

export interface AdminAccount {
  readonly url: string;
  readonly caFile: string;
  readonly name: string;
  readonly password: string;
}

export interface KeycloakAdmin {
  /** @returns the parsed answer, or null when there is no body. @throws Error with status and Keycloak's own words */
  call<T = unknown>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: object): Promise<T>;
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** Keycloak's admin REST API, as the bootstrap account. Its tokens live a minute, so that each call takes a new one. */
export const keycloakAdmin = ({ url, caFile, name, password }: AdminAccount): KeycloakAdmin => {
  const login = async (): Promise<string> => {
    const form = new URLSearchParams({ grant_type: 'password', client_id: 'admin-cli', username: name, password });
    const reply = await callHttps(`${url}/realms/master/protocol/openid-connect/token`, caFile, { method: 'POST', headers: FORM, body: form.toString(), timeoutMs: 30_000 });
    if (reply.status !== 200) throw new Error(`Keycloak refused its administrator: ${reply.status}`);
    return (JSON.parse(reply.body) as { access_token: string }).access_token;
  };
  return {
    call: async <T>(method: string, path: string, body?: object): Promise<T> => {
      const headers = { authorization: `Bearer ${await login()}`, 'content-type': 'application/json' };
      const reply = await callHttps(`${url}/admin/realms${path}`, caFile, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }), timeoutMs: 30_000 });
      if (reply.status >= 300) throw new Error(`Keycloak: ${method} ${path} gave ${reply.status} ${reply.body}`);
      return (reply.body === '' ? null : JSON.parse(reply.body)) as T;
    },
  };
};
