import { Secret } from '../contract/secret.js';

/**
 * The one `Authorization` of a request, by its grammar alone. `secret` holds the whole normalised header value
 * (`Basic <base64>`, `Bearer <token>`): what a plugin's strategy takes, and what the credential matrix takes as presented.
 */
export type ParsedAuthorization =
  | { readonly kind: 'none' }
  /** 400: no grammar of RFC 9110 section 11.4, or too long. */
  | { readonly kind: 'malformed' }
  /** 400: more than one line (I2). Node's `headers` would have kept the first in silence. */
  | { readonly kind: 'several' }
  | { readonly kind: 'basic'; readonly secret: Secret }
  | { readonly kind: 'bearer'; readonly secret: Secret }
  /** A signed token without a scheme: malformed, save for the API whose callers once sent it so. `secret` is as of `bearer`. */
  | { readonly kind: 'bare-token'; readonly secret: Secret }
  /** 401: a scheme that no plugin here speaks. */
  | { readonly kind: 'other-scheme' };

/** Kafka's SASL layer and most proxies take more; no identity token of a person or service needs more. */
const MAX_TOKEN_LENGTH = 12 * 1024;

const SCHEME = /^([A-Za-z0-9!#$%&'*+.^_`|~-]{1,64})( +|$)/;
const BASIC = /^[A-Za-z0-9+/]{1,2048}={0,2}$/;
/** Longer than any scheme, so that nothing else is read in another way than before. */
const BARE_TOKEN = /^eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}$/;
const B64TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

/**
 * @param rawHeaders Node's `rawHeaders`: names and values in turn, nothing merged
 * Sources: RFC 9110 section 11 (scheme is case-insensitive), RFC 7617 (Basic), RFC 6750 section 2.1 (Bearer).
 */
export const parseAuthorization = (rawHeaders: readonly string[]): ParsedAuthorization => {
  const values = rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === 'authorization');
  const [value] = values;
  if (value === undefined) return { kind: 'none' };
  if (values.length > 1) return { kind: 'several' };
  const scheme = SCHEME.exec(value);
  if (scheme === null) return BARE_TOKEN.test(value) && value.length <= MAX_TOKEN_LENGTH ? { kind: 'bare-token', secret: new Secret(`Bearer ${value}`) } : { kind: 'malformed' };
  const [written, name = ''] = scheme;
  const credential = value.slice(written.length);
  switch (name.toLowerCase()) {
    case 'basic':
      return BASIC.test(credential) ? { kind: 'basic', secret: new Secret(`Basic ${credential}`) } : { kind: 'malformed' };
    case 'bearer':
      // A well-formed token that is no JWT is a wrong credential (401), not a malformed request: the claim table says so.
      return credential.length <= MAX_TOKEN_LENGTH && B64TOKEN.test(credential)
        ? { kind: 'bearer', secret: new Secret(`Bearer ${credential}`) }
        : { kind: 'malformed' };
    default:
      return { kind: 'other-scheme' };
  }
};

/** The token inside a header value that `parseAuthorization` passed as bearer; null for any other. */
export const bearerToken = (headerValue: string): string | null => (headerValue.startsWith('Bearer ') ? headerValue.slice('Bearer '.length) : null);
