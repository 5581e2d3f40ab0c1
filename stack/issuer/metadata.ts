import { baseUrl, v1Issuer, v2Issuer } from './issuer.settings.ts';
import { TENANT } from './registrations.ts';

/** Where the caller reached this issuer: a client whose login host was pointed here goes on under that name. */
const originOf = (port: number, host: string | undefined): string => (host === undefined ? baseUrl(port) : `https://${host}`);

/** OpenID Connect discovery in the two shapes that a tenant has. The issuer is the one that tokens name, whatever the host. */
export const openidConfiguration = (port: number, version: '1.0' | '2.0', host?: string): Record<string, unknown> => {
  const tenant = `${originOf(port, host)}/${TENANT}`;
  const v2 = version === '2.0';
  return {
    issuer: v2 ? v2Issuer(port) : v1Issuer,
    token_endpoint: v2 ? `${tenant}/oauth2/v2.0/token` : `${tenant}/oauth2/token`,
    jwks_uri: v2 ? `${tenant}/discovery/v2.0/keys` : `${tenant}/discovery/keys`,
    authorization_endpoint: v2 ? `${tenant}/oauth2/v2.0/authorize` : `${tenant}/oauth2/authorize`,
    token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
    response_types_supported: ['code', 'id_token', 'code id_token', 'token'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
    tenant_region_scope: 'EU',
    cloud_instance_name: '127.0.0.1',
  };
};

/** What Microsoft's client libraries ask before they trust an authority. */
export const instanceDiscovery = (port: number, host?: string): Record<string, unknown> => ({
  tenant_discovery_endpoint: `${originOf(port, host)}/${TENANT}/v2.0/.well-known/openid-configuration`,
  'api-version': '1.1',
  metadata: [{ preferred_network: `127.0.0.1:${port}`, preferred_cache: `127.0.0.1:${port}`, aliases: [`127.0.0.1:${port}`] }],
});
