/** Why a token was made. */
export type MintCause = 'session' | 'renewal' | 'replacement';

/** One line of the audit trail of minting (I16, I30). No secret: `jti` names the token without being it. */
export interface MintRecord {
  /** `intent` is handed over before the signature, `minted` or `failed` after it. */
  readonly phase: 'intent' | 'minted' | 'failed';
  readonly jti: string;
  readonly kid: string;
  readonly kafkaName: string;
  readonly clusterId: string;
  /** Epoch ms. */
  readonly expiresAt: number;
  readonly cause: MintCause;
  readonly principalKey: string;
  readonly authority: string;
}

/** Where records go. An `intent` that cannot be written (a throw) stops the mint: CredentialUnavailable, 503. */
export type MintAudit = (record: MintRecord) => void | Promise<void>;
