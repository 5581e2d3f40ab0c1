import { verify, type KeyObject, type X509Certificate } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import { CertificateList, type Name } from '@peculiar/asn1-x509';
import { StartupError } from '../contract/startup.error.js';

/** What one CA has taken back. Times are epoch ms. */
export interface RevocationList {
  /** DER of the issuer's name. */
  readonly issuer: string;
  readonly nextUpdate: number;
  /** Serial numbers in hexadecimal, as `serialOf` gives them. */
  readonly serials: ReadonlySet<string>;
}

const PEM = /-----BEGIN X509 CRL-----([A-Za-z0-9+/=\s]+)-----END X509 CRL-----/g;

/** Signature algorithms by OID (RFC 4055, RFC 5758, RFC 8410), with node's name of the digest. No SHA-1. */
const DIGESTS: Readonly<Record<string, string | null>> = {
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.3.101.112': null,
};

/** How far a CA's clock may be ahead. */
const TOLERANCE_MS = 60_000;

/** DER of a name, to compare issuers byte by byte. */
export const nameKey = (name: Name): string => Buffer.from(AsnConvert.serialize(name)).toString('base64');

/** One spelling for serial numbers: hexadecimal without leading zeros. */
export const serialOf = (hex: string): string => hex.toLowerCase().replace(/^0+(?=.)/, '');

/**
 * Reads revocation lists (RFC 5280 section 5) and checks their signatures. A list that is past its nextUpdate is taken, since
 * that is no fault of the file: whoever asks it is answered "undecided".
 * @param cas the pinned CAs with the DER of their names
 * @throws StartupError for what is no list, a list of another CA, a bad signature, and parts of lists: they do not tell everything
 */
export const readRevocationLists = (pem: string, cas: readonly { readonly certificate: X509Certificate; readonly name: string }[], what: string, now: number): readonly RevocationList[] => {
  const lists = [...pem.matchAll(PEM)].map(([, body = '']) => readList(Buffer.from(body, 'base64'), cas, what, now));
  if (lists.length === 0) throw new StartupError(`${what}: holds no revocation list in PEM form (X509 CRL)`);
  return lists;
};

const readList = (der: Buffer, cas: Parameters<typeof readRevocationLists>[1], what: string, now: number): RevocationList => {
  const list = parse(der, what);
  const { issuer, thisUpdate, nextUpdate, revokedCertificates = [], crlExtensions = [] } = list.tbsCertList;
  const name = nameKey(issuer);
  const issuers = cas.filter((ca) => ca.name === name);
  if (issuers.length === 0) throw new StartupError(`${what}: a revocation list of a CA that is not pinned`);
  if (!issuers.some(({ certificate }) => isSignedBy(list, certificate.publicKey))) throw new StartupError(`${what}: the signature of a revocation list does not verify`);
  // A delta, an indirect list and one for some purposes alone say so in a critical extension (RFC 5280 sections 5.2 and 5.3).
  const entries = revokedCertificates.flatMap(({ crlEntryExtensions = [] }) => crlEntryExtensions);
  if ([...crlExtensions, ...entries].some(({ critical }) => critical)) throw new StartupError(`${what}: a partial revocation list (critical extension) does not tell everything`);
  if (nextUpdate === undefined) throw new StartupError(`${what}: a revocation list without nextUpdate`);
  if (thisUpdate.getTime().getTime() > now + TOLERANCE_MS) throw new StartupError(`${what}: a revocation list from the future`);
  return { issuer: name, nextUpdate: nextUpdate.getTime().getTime(), serials: new Set(revokedCertificates.map(({ userCertificate }) => serialOf(Buffer.from(userCertificate).toString('hex')))) };
};

const parse = (der: Buffer, what: string): CertificateList => {
  try {
    return AsnConvert.parse(der, CertificateList);
  } catch {
    throw new StartupError(`${what}: a revocation list that is none`);
  }
};

const isSignedBy = ({ tbsCertListRaw, signatureAlgorithm, signature, tbsCertList }: CertificateList, key: KeyObject): boolean => {
  const digest = DIGESTS[signatureAlgorithm.algorithm];
  if (digest === undefined || tbsCertListRaw === undefined || tbsCertList.signature.algorithm !== signatureAlgorithm.algorithm) return false;
  try {
    return verify(digest, Buffer.from(tbsCertListRaw), key, Buffer.from(signature));
  } catch {
    return false;
  }
};
