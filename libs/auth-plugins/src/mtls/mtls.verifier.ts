import type { ClientCertificate } from '../contract/client-certificate.js';
import { X509Certificate } from 'node:crypto';
import { Unavailable, type Verification } from '../contract/outcome.js';
import type { ClientTrust } from './client.trust.js';
import type { MtlsSettings } from './mtls.settings.js';
import { applyNameRule, readSubject } from './subject.name.js';

/** @throws Unavailable when the revocation list is too old to say */
export type VerifyCertificate = (certificate: ClientCertificate) => Promise<Verification>;

/**
 * A certificate's holder is the name in it (I8): it stays the same through renewals, new keys and another of the pinned
 * CAs, which all belong to one authority. A certificate tells no groups: they are unknown, never "none" (I24).
 * @param onOldList called each time that a caller meets a list past its nextUpdate
 */
export const createMtlsVerifier = ({ id, authority, subject, name }: MtlsSettings, trust: ClientTrust, onOldList: () => void): VerifyCertificate => {
  /** One socket, one verification: the same facts give the same principal, and one source of tokens. */
  const read = new WeakMap<ClientCertificate, Verification>();
  const verify = (certificate: ClientCertificate): Verification => {
    const reading = readSubject(certificate.der, subject);
    switch (reading.kind) {
      case 'none':
        return { kind: 'rejected', reason: 'unknown-subject' };
      case 'several':
        return { kind: 'rejected', reason: 'ambiguous-subject' };
      case 'unreadable':
        return { kind: 'rejected', reason: 'bad-claims' };
      case 'name': {
        const holder = applyNameRule(reading.name, name);
        if (holder === null) return { kind: 'rejected', reason: 'unknown-subject' };
        const credentialExpiresAt = Date.parse(new X509Certificate(certificate.der).validTo);
        return {
          kind: 'verified',
          facts: { authority, pluginId: id, tenant: null, subject: holder, name: holder, issuerKey: `authority:${authority}`, groups: { kind: 'unknown' }, roles: [], applicationId: null, verifiedAt: certificate.provenAt, credentialExpiresAt },
        };
      }
    }
  };
  return async (certificate) => {
    const verdict = trust.verdict(certificate);
    if (verdict.kind === 'rejected') return verdict;
    if (verdict.kind === 'undecided') {
      onOldList();
      throw new Unavailable('revocation-list', 30);
    }
    const verification = read.get(certificate) ?? verify(certificate);
    read.set(certificate, verification);
    return verification;
  };
};
