import { verify as verifySignature, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { JWTPayload } from 'jose';
import type { RejectReason } from '../contract/outcome.js';
import { readCompactToken } from '../credential/compact-token.js';
import { CLOCK_TOLERANCE_SECONDS } from '../jwt/token.checks.js';
import { loadAzureAd } from './azure-ad.library.js';
import type { SignatureTerms, VerifySignature } from './token.signature.js';

/**
 * By passport-azure-ad's BearerStrategy, with what makes its stock form unsafe taken out of its hands: it fetches nothing
 * (keys are ours), takes no algorithm from a document, sees one header and no body, and never meets a token whose form
 * and header were not checked. Loaded only when it is chosen.
 * @throws whatever the import throws when the package is not installed
 */
export const loadAzureAdVerifier = async (): Promise<VerifySignature> => {
  const { BearerStrategy, Metadata } = await loadAzureAd();

  /** One attempt: the library keeps nothing between two. */
  class HardenedBearerStrategy extends BearerStrategy {
    private readonly key: KeyObject;

    constructor(
      { issuer, audiences, key }: SignatureTerms,
      private readonly keyName: unknown,
    ) {
      const [clientID = ''] = audiences;
      const verified = (payload: unknown, done: (error: Error | null, user: unknown) => void) => done(null, payload);
      // Its `nbf` is refused at the bound itself; ours, one second earlier, is the one that counts. No `scope`: applications have none.
      super({ identityMetadata: NEVER_FETCHED, clientID, issuer: [issuer], audience: [...audiences], clockSkew: CLOCK_TOLERANCE_SECONDS + 1, loggingLevel: 'error', loggingNoPII: true }, verified);
      this.key = key;
    }

    override loadMetadata(_parameters: unknown, next: (error: Error | null, metadata: object) => void): void {
      const keys = [{ ...jwkOf(this.key), kid: this.keyName }];
      next(null, Object.assign(Object.create(Metadata.prototype) as object, { loggingNoPII: true, oidc: { algorithms: ['RS256'], keys } }));
    }
  }

  return async (token, terms) => {
    const header = readCompactToken(token)?.header ?? {};
    // The library looks for `x5t` before `kid`; the key was chosen by `kid` and is shown under whichever name it looks for.
    const strategy = new HardenedBearerStrategy(terms, header['x5t'] || header['kid']);
    const payload = await new Promise<JWTPayload | null>((resolve, reject) => {
      const ends = { success: resolve, fail: () => resolve(null), error: reject };
      Object.assign(strategy, ends).authenticate({ headers: { authorization: `Bearer ${token}` }, query: {} });
    });
    return payload === null ? { kind: 'rejected', reason: reasonFor(token, terms) } : { kind: 'payload', payload };
  };
};

/** Loads the library at once and verifies when it is there; without it every verification fails as a bug, never as a 401. */
export const createAzureAdVerifier = (): VerifySignature => {
  const loading = loadAzureAdVerifier();
  loading.catch(() => undefined);
  return async (token, terms) => (await loading)(token, terms);
};

/** The constructor wants an address; `loadMetadata` above is what would have called it. */
const NEVER_FETCHED = 'https://metadata.invalid/';

const jwks = new WeakMap<KeyObject, JsonWebKey>();
const jwkOf = (key: KeyObject): JsonWebKey => {
  const known = jwks.get(key) ?? key.export({ format: 'jwk' });
  jwks.set(key, known);
  return known;
};

/** The library says only that it refused. Why is for audit: nothing in a token is believed before its signature is. */
const reasonFor = (token: string, { key, issuer, audiences, now }: SignatureTerms): RejectReason => {
  const dot = token.lastIndexOf('.');
  if (!verifySignature('sha256', Buffer.from(token.slice(0, dot)), key, Buffer.from(token.slice(dot + 1), 'base64url'))) return 'bad-signature';
  const { iss, aud, exp, nbf } = readCompactToken(token)?.payload ?? {};
  if (iss !== issuer) return 'wrong-issuer';
  if (typeof aud !== 'string' || !audiences.includes(aud)) return 'wrong-audience';
  if (typeof exp !== 'number') return 'bad-claims';
  if (exp <= now / 1000) return 'expired';
  return typeof nbf === 'number' && nbf > now / 1000 ? 'not-yet-valid' : 'bad-claims';
};
