import type { KafkaCredential } from '@postern/kafka';
import type { VerifiedPrincipal } from '../contract/principal.js';
import type { MintCause } from './mint.record.js';

/** A token made for a principal on a cluster; the matrix binds it to a session key. */
export type MintedToken = Omit<KafkaCredential, 'sessionKey'> & {
  /** The key that signed it, or the MDS that made it. */
  readonly kid: string;
};

/**
 * Makes a token for a principal on a cluster, never for a name (I16).
 * @throws CredentialExpired after the proof; CredentialUnavailable when none could be made or the audit sink fails
 */
export type Mint = (principal: VerifiedPrincipal, clusterId: string, cause?: MintCause) => Promise<MintedToken>;
