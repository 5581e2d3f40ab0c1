import { constants } from 'node:crypto';
import type { SecureContextOptions, TlsOptions } from 'node:tls';
import type { CertificateTrust } from '@postern/auth-plugins';
import { readTlsFiles } from '../config/tls-files.js';
import type { ListenerConfig } from '../config/settings.schema.js';

type TlsListener = Extract<ListenerConfig, { kind: 'tls' }>;

/** A caller could show another certificate half way, or make us sign without end; TLS 1.3 has it no more (RFC 9325 section 3.5). */
const NO_RENEGOTIATION = constants.SSL_OP_NO_RENEGOTIATION;

/** What may be changed under an open listener: its certificate, and the CAs whose certificates it takes. */
export const secureContextOf = (listener: TlsListener, pathOf: (path: string) => string, trust: CertificateTrust | null): SecureContextOptions => ({
  ...readTlsFiles(`listeners.${listener.name}.tls`, listener.tls, pathOf),
  minVersion: listener.tls.minVersion,
  secureOptions: listener.clientCertificate === 'none' ? NO_RENEGOTIATION : NO_RENEGOTIATION | constants.SSL_OP_NO_TICKET,
  // Without tickets, above, Node resumes no session: every connection proves its key anew, and a revoked one cannot come back.
  ...(listener.clientCertificate === 'none' || trust === null ? {} : { ca: trust.ca }),
});

/** A bad certificate does not end the handshake: it is answered 401 and stands in the audit log like any other credential. */
export const tlsOptionsOf = (listener: TlsListener, pathOf: (path: string) => string, trust: CertificateTrust | null): TlsOptions => ({
  ...secureContextOf(listener, pathOf, trust),
  ...(listener.clientCertificate === 'none' ? {} : { requestCert: true, rejectUnauthorized: false }),
});
