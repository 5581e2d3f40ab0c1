import { X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import { AsnConvert } from '@peculiar/asn1-schema';
import { Certificate } from '@peculiar/asn1-x509';
import type { CertificateTrust, CertificateVerdict, ClientCertificate } from '../contract/client-certificate.js';
import type { Clock, HealthState } from '../contract/plugin.js';
import { StartupError } from '../contract/startup.error.js';
import { certificatesIn } from '../files/ca.file.js';
import { readPlainFile } from '../files/owner-only.file.js';
import type { MtlsSettings } from './mtls.settings.js';
import { nameKey, readRevocationLists, serialOf, type RevocationList } from './revocation.list.js';

/** id-kp-clientAuth */
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
/**
 * A pinned issuing CA is an end of the chain, whether its own issuer is known or not. Servers of Node 24 leave
 * `allowPartialTrustChain` out of their contexts (tried), so that OpenSSL still looks for the root; any other fault that it
 * finds stands in the place of this one.
 */
const NO_ISSUER_OF_THE_CA = 'UNABLE_TO_GET_ISSUER_CERT';

export interface ClientTrust extends CertificateTrust {
  /** Down while a list is past its nextUpdate. */
  state(): HealthState['state'];
}

export interface ClientTrustOptions {
  readonly at: string;
  readonly baseDir: string;
  readonly clock: Clock;
  readonly maxProofAgeSeconds: number;
}

/** Times are epoch ms. */
interface PinnedCa {
  readonly certificate: X509Certificate;
  readonly name: string;
  readonly notAfter: number;
}

/** What does not change about a certificate while the pinned CAs stay the same: read once, judged with each request. */
interface Leaf {
  readonly ca: PinnedCa | null;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly isForClients: boolean;
  /** As `serialOf` gives it. */
  readonly serial: string;
}

/**
 * Who may show a client certificate: an exact list of issuing CAs and their revocation lists, as one state of the files. The
 * TLS library judged the chain at the handshake; everything that can change on an open socket is judged again each time.
 * @throws StartupError for unreadable files, a CA that is none, a CA without its revocation list where there are lists
 */
export const createClientTrust = ({ caFile, crlFiles }: Pick<MtlsSettings, 'caFile' | 'crlFiles'>, { at, baseDir, clock, maxProofAgeSeconds }: ClientTrustOptions): ClientTrust => {
  const ca = readPlainFile(resolve(baseDir, caFile), `${at}.caFile`);
  const cas = readCas(ca, `${at}.caFile`);
  const lists = crlFiles?.flatMap((file, i) => readRevocationLists(readPlainFile(resolve(baseDir, file), `${at}.crlFiles.${i}`), cas, `${at}.crlFiles.${i}`, clock.now()));
  const bare = lists === undefined ? undefined : cas.find(({ name }) => lists.every(({ issuer }) => issuer !== name));
  if (bare !== undefined) throw new StartupError(`${at}.crlFiles: no revocation list of the CA '${bare.certificate.subject.replaceAll('\n', ', ')}'`);
  const leaves = new WeakMap<ClientCertificate, Leaf | null>();
  const leafOf = (shown: ClientCertificate): Leaf | null => {
    const known = leaves.get(shown);
    if (known !== undefined) return known;
    const leaf = readLeaf(shown.der, cas);
    leaves.set(shown, leaf);
    return leaf;
  };
  return {
    ca,
    verdict: (shown) => judge(shown, leafOf(shown), lists, clock.now(), maxProofAgeSeconds),
    state: () => (lists?.some(({ nextUpdate }) => nextUpdate <= clock.now()) === true ? 'down' : 'up'),
  };
};

const judge = (shown: ClientCertificate, leaf: Leaf | null, lists: readonly RevocationList[] | undefined, now: number, maxProofAgeSeconds: number): CertificateVerdict => {
  if (leaf === null) return { kind: 'rejected', reason: 'malformed' };
  const { ca } = leaf;
  if (ca === null) return { kind: 'rejected', reason: 'unknown-ca' };
  if (now < leaf.notBefore) return { kind: 'rejected', reason: 'not-yet-valid' };
  // I12: the end has no tolerance. A CA that has ended vouches for nobody.
  if (now >= leaf.notAfter || now >= ca.notAfter) return { kind: 'rejected', reason: 'expired' };
  if (!leaf.isForClients) return { kind: 'rejected', reason: 'wrong-purpose' };
  if (shown.chainFault !== null && shown.chainFault !== NO_ISSUER_OF_THE_CA) return { kind: 'rejected', reason: 'unknown-ca' };
  if (shown.isResumed || now >= shown.provenAt + maxProofAgeSeconds * 1_000) return { kind: 'rejected', reason: 'proof-ended' };
  if (lists === undefined) return { kind: 'valid' };
  const own = lists.filter(({ issuer }) => issuer === ca.name);
  // Revoked is certain even by an old list; "not revoked" needs one that is current.
  if (own.some(({ serials }) => serials.has(leaf.serial))) return { kind: 'rejected', reason: 'revoked' };
  return own.every(({ nextUpdate }) => now < nextUpdate) ? { kind: 'valid' } : { kind: 'undecided' };
};

const readLeaf = (der: Buffer, cas: readonly PinnedCa[]): Leaf | null => {
  try {
    const certificate = new X509Certificate(der);
    const ca = cas.find((each) => certificate.checkIssued(each.certificate) && certificate.verify(each.certificate.publicKey)) ?? null;
    return { ca, notBefore: Date.parse(certificate.validFrom), notAfter: Date.parse(certificate.validTo), isForClients: isForClients(certificate), serial: serialOf(certificate.serialNumber) };
  } catch {
    return null;
  }
};

/** anyExtendedKeyUsage and an absent extension (undefined, whatever the type says) are not enough. */
const isForClients = ({ ca, keyUsage }: X509Certificate): boolean => !ca && (keyUsage as readonly string[] | undefined)?.includes(CLIENT_AUTH) === true;

const readCas = (pem: string, what: string): readonly PinnedCa[] => {
  if (pem.includes('PRIVATE KEY')) throw new StartupError(`${what}: holds a private key; the certificates of the CAs belong here`);
  const texts = certificatesIn(pem);
  if (texts === null) throw new StartupError(`${what}: must hold certificates in PEM form, each of them whole`);
  return texts.map((text) => readCa(text, what));
};

const readCa = (pem: string, what: string): PinnedCa => {
  const certificate = new X509Certificate(pem);
  if (!certificate.ca) throw new StartupError(`${what}: '${certificate.subject.replaceAll('\n', ', ')}' is no certificate of a CA`);
  return { certificate, name: nameKey(AsnConvert.parse(certificate.raw, Certificate).tbsCertificate.subject), notAfter: Date.parse(certificate.validTo) };
};
