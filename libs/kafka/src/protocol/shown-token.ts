import { createHash } from 'node:crypto';
import type { KafkaCredential } from '../session/kafka-credential.js';

/** A credential with a name by which two of them can be compared without showing either. */
export interface ShownToken {
  readonly credential: KafkaCredential;
  /** SHA-256 of the token: a connection remembers what it showed, never the token itself. */
  readonly id: string;
}

export const shownToken = (credential: KafkaCredential): ShownToken => ({
  credential,
  id: createHash('sha256').update(credential.token.reveal()).digest('base64url'),
});

/** What connections ask for tokens: the session's token holder. */
export interface TokenSource {
  /** The token to show now. @throws KafkaError CREDENTIAL_EXPIRED, CREDENTIAL_UNAVAILABLE, CALLER_TOKEN_REFUSED, OWN_TOKEN_REFUSED */
  current(): Promise<ShownToken>;
  /**
   * A broker refused `shown`. Gives another one worth a try, or throws the refusal to report (I21).
   * @throws KafkaError CALLER_TOKEN_REFUSED, OWN_TOKEN_REFUSED
   */
  afterRefusal(shown: ShownToken): Promise<ShownToken>;
}

/** The broker refused the token at SASL OAUTHBEARER (RFC 7628). Its own text stays in `cause`, for the log. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';
  constructor(
    readonly reason: 'invalid-token' | 'principal-changed' | 'mechanism-refused',
    options?: { cause?: unknown },
    /** null: the broker did not get as far as a token. */
    readonly shown: ShownToken | null = null,
  ) {
    super(`broker refused the token: ${reason}`, options);
  }
}
