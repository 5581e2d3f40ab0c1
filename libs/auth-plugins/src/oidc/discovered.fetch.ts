import { parseStrictObject } from '../credential/strict-json.js';
import { createJwksFetch, type FetchJwks, type JwksEndpoint } from '../keys/jwks.fetch.js';

export interface DiscoveryOptions {
  readonly issuer: string;
  /** `host` or `host:port` that a discovered address may have beside the issuer's own. */
  readonly hosts: readonly string[];
  readonly ca?: string | undefined;
  /** Told why a document was not taken: a code of ours. */
  readonly onRefused: (code: 'not-json' | 'another-issuer' | 'jwks-uri-refused') => void;
  readonly createFetch?: (endpoint: JwksEndpoint) => FetchJwks;
}

/** OpenID Connect Discovery 1.0 section 4: the document lies under the issuer, whatever path that has. */
export const documentUrl = (issuer: string): string => `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;

/**
 * Reads the key set where the issuer's own document says it is. The document decides nothing but that address: issuer,
 * audiences and algorithms stand in the settings, and the address must be on a host that they allow (I22).
 */
export const createDiscoveredFetch = ({ issuer, hosts, ca, onRefused, createFetch = createJwksFetch }: DiscoveryOptions): FetchJwks => {
  const fetchDocument = createFetch({ url: documentUrl(issuer), ca });
  const allowed = new Set([new URL(issuer).host, ...hosts.map((host) => new URL(`https://${host}`).host)]);
  return async (signal) => {
    const document = parseStrictObject(await fetchDocument(signal));
    const code = document === null ? 'not-json' : document['issuer'] !== issuer ? 'another-issuer' : isAllowed(document['jwks_uri'], allowed) ? null : 'jwks-uri-refused';
    if (code !== null) {
      onRefused(code);
      throw new Error(`discovery: ${code}`);
    }
    return createFetch({ url: document?.['jwks_uri'] as string, ca })(signal);
  };
};

const isAllowed = (address: unknown, allowed: ReadonlySet<string>): boolean => {
  const url = typeof address === 'string' ? URL.parse(address) : null;
  return url !== null && url.protocol === 'https:' && url.username === '' && url.password === '' && allowed.has(url.host);
};
