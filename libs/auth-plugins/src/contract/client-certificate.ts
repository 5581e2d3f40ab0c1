/**
 * The certificate of a socket whose TLS Postern itself ended (I26), with what the handshake showed. One object for one
 * socket: whoever verifies it may remember what it read by the object.
 */
export interface ClientCertificate {
  /** The leaf alone. Chains are not walked: a leaf must be signed by one of the pinned CAs. */
  readonly der: Buffer;
  /** Epoch ms of the handshake, in which the peer proved that it has the key (I11). */
  readonly provenAt: number;
  /** What the TLS library found wrong with the certificate against the pinned CAs, as its code; null for nothing. */
  readonly chainFault: string | null;
  /** A resumed session proves an old secret and no key. */
  readonly isResumed: boolean;
}

/** Whether a certificate may stand, by one state of CAs and revocation lists. Expected outcomes are data. */
export type CertificateVerdict =
  | { readonly kind: 'valid' }
  | { readonly kind: 'rejected'; readonly reason: CertificateRejectReason }
  /** The revocation list has passed its nextUpdate: 503, never "not revoked" (I26). */
  | { readonly kind: 'undecided' };

export type CertificateRejectReason = 'malformed' | 'unknown-ca' | 'wrong-purpose' | 'expired' | 'not-yet-valid' | 'revoked' | 'proof-ended';

/** What listeners that ask for certificates need of the plugin that judges them. */
export interface CertificateTrust {
  /** PEM text of the pinned CAs: the server names these to its peers and trusts no other. */
  readonly ca: string;
  verdict(certificate: ClientCertificate): CertificateVerdict;
}
