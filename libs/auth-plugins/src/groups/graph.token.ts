import type { Clock } from '../contract/plugin.js';
import { Secret } from '../contract/secret.js';
import { parseStrictObject } from '../credential/strict-json.js';
import type { HttpsExchange } from './https.exchange.js';
import { retryAfterSeconds } from './retry-after.js';
import type { MembershipAnswer } from './group.source.js';

/** Postern's own token for Graph, or why there is none. */
export type OwnToken = { readonly kind: 'token'; readonly token: Secret } | Exclude<MembershipAnswer, { readonly kind: 'answered' }>;

export interface GraphToken {
  get(signal: AbortSignal): Promise<OwnToken>;
  /** Graph refused this one: the next `get` fetches another. */
  drop(token: Secret): void;
}

export interface GraphTokenOptions {
  readonly tokenUrl: string;
  readonly scope: string;
  readonly clientId: string;
  readonly clientSecret: Secret;
  readonly exchange: HttpsExchange;
  readonly clock: Clock;
}

/** A token is renewed this long before its end, or at half its life if that is sooner. */
const MARGIN_SECONDS = 300;
const MAX_LIFE_SECONDS = 86_400;
const B64TOKEN = /^[A-Za-z0-9._~+/-]{1,12288}=*$/;

/** OAuth's client credentials grant (RFC 6749 section 4.4), one request at a time, the token kept until shortly before its end. */
export const createGraphToken = ({ tokenUrl, scope, clientId, clientSecret, exchange, clock }: GraphTokenOptions): GraphToken => {
  let held: { readonly token: Secret; readonly from: number; readonly until: number } | null = null;
  let fetching: Promise<OwnToken> | null = null;

  const fetchOne = async (signal: AbortSignal): Promise<OwnToken> => {
    const from = clock.now();
    const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret.reveal(), scope }).toString();
    const answer = await exchange({ url: tokenUrl, headers: { 'content-type': 'application/x-www-form-urlencoded' }, body }, signal);
    if (answer.status === 400 || answer.status === 401 || answer.status === 403) return { kind: 'refused', code: `token-${answer.status}` };
    if (answer.status !== 200) return { kind: 'away', code: `token-${answer.status}`, retryAfterSeconds: retryAfterSeconds(answer.retryAfter, from) };
    const grant = readGrant(answer.text);
    if (grant === null) return { kind: 'away', code: 'token-not-read', retryAfterSeconds: null };
    const life = Math.min(grant.life, MAX_LIFE_SECONDS);
    held = { token: grant.token, from, until: from + (life - Math.min(MARGIN_SECONDS, life / 2)) * 1000 };
    return { kind: 'token', token: grant.token };
  };

  return {
    get: async (signal) => {
      // A clock that went back makes the token old, not young.
      if (held !== null && clock.now() >= held.from && clock.now() < held.until) return { kind: 'token', token: held.token };
      return (fetching ??= fetchOne(signal).finally(() => (fetching = null)));
    },
    drop: (token) => {
      if (held?.token === token) held = null;
    },
  };
};

const readGrant = (text: string): { readonly token: Secret; readonly life: number } | null => {
  const grant = parseStrictObject(text);
  if (grant === null) return null;
  const { token_type: type, access_token: token, expires_in: life } = grant;
  if (typeof type !== 'string' || type.toLowerCase() !== 'bearer' || typeof token !== 'string' || !B64TOKEN.test(token)) return null;
  // The older endpoint writes the number as a string.
  const seconds = typeof life === 'number' ? life : typeof life === 'string' && /^\d{1,9}$/.test(life) ? Number(life) : NaN;
  return seconds > 0 ? { token: new Secret(token), life: seconds } : null;
};
