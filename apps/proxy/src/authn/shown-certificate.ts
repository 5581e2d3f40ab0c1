import type { CertificateRejectReason, Plugin } from '@postern/auth-plugins';
import type { ShownCertificate } from '../http/client-certificate.sockets.js';

/** How a socket's certificate stands, whoever the caller is. `fine`: valid, or none where none is needed. */
export type CheckedCertificate =
  | { readonly kind: 'fine' }
  | { readonly kind: 'rejected'; readonly reason: CertificateRejectReason | 'no-certificate'; readonly plugin: Plugin }
  | { readonly kind: 'unavailable'; readonly upstream: 'revocation-list'; readonly retryAfterSeconds: number; readonly plugin: Plugin };

const RETRY_SECONDS = 30;

/** A certificate that was shown must be valid on every listener that asks for one, whatever it is asked for (I2, I26). */
export const checkShown = (shown: ShownCertificate | null, plugin: Plugin | null): CheckedCertificate => {
  if (shown === null) return { kind: 'fine' };
  if (plugin?.certificates === undefined) throw new Error('a listener asks for certificates that nobody judges');
  if (shown.certificate === null) return shown.use === 'required' ? { kind: 'rejected', reason: 'no-certificate', plugin } : { kind: 'fine' };
  const verdict = plugin.certificates.verdict(shown.certificate);
  switch (verdict.kind) {
    case 'valid':
      return { kind: 'fine' };
    case 'rejected':
      return { kind: 'rejected', reason: verdict.reason, plugin };
    case 'undecided':
      return { kind: 'unavailable', upstream: 'revocation-list', retryAfterSeconds: RETRY_SECONDS, plugin };
  }
};
