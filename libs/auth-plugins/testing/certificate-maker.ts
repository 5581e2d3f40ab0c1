import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import { AttributeTypeAndValue, AttributeValue, Name as AsnName, RelativeDistinguishedName } from '@peculiar/asn1-x509';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  X509CrlGenerator,
  Extension,
} from '@peculiar/x509';

export { Extension, ExtendedKeyUsage };

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;

/** An attribute of a subject with the string type that it is written in; `rdn` groups several into one relative name. */
export interface SubjectAttribute {
  readonly type: string;
  readonly value: ConstructorParameters<typeof AttributeValue>[0];
}

export interface LeafOptions {
  /** Relative names in order, each of one attribute or more; a text is one CN. */
  readonly subject?: string | readonly (readonly SubjectAttribute[])[];
  readonly san?: ConstructorParameters<typeof SubjectAlternativeNameExtension>[0];
  readonly usages?: readonly string[] | null;
  readonly isCa?: boolean;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  readonly serialNumber?: string;
  /** Signs itself, under the CA's own name. */
  readonly isForged?: boolean;
}

export interface Leaf {
  readonly pem: string;
  readonly der: Buffer;
  readonly key: string;
  readonly serialNumber: string;
}

export interface RevocationOptions {
  readonly serials?: readonly string[];
  readonly thisUpdate?: Date;
  readonly nextUpdate?: Date;
  readonly extensions?: Extension[];
}

/** A CA for specs: certificates and revocation lists in every form that an attacker or a careless CA could make. */
export interface TestCa {
  readonly pem: string;
  readonly key: string;
  issue(options?: LeafOptions): Promise<Leaf>;
  /** A CA that this one vouches for. */
  issuingCa(commonName: string): Promise<TestCa>;
  revocationList(options?: RevocationOptions): Promise<string>;
}

const pemOf = (label: string, der: ArrayBuffer): string => `-----BEGIN ${label}-----\n${(Buffer.from(der).toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END ${label}-----\n`;

const keyPair = (): Promise<webcrypto.CryptoKeyPair> => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;
const keyPem = async (key: webcrypto.CryptoKey): Promise<string> => pemOf('PRIVATE KEY', (await webcrypto.subtle.exportKey('pkcs8', key)) as ArrayBuffer);

const nameOf = (subject: NonNullable<LeafOptions['subject']>): Name => {
  const rdns = typeof subject === 'string' ? [[{ type: '2.5.4.3', value: { utf8String: subject } }]] : subject;
  const name = new AsnName(rdns.map((rdn) => new RelativeDistinguishedName(rdn.map(({ type, value }) => new AttributeTypeAndValue({ type, value: new AttributeValue(value) })))));
  return new Name(AsnConvert.serialize(name));
};

let serial = 0x1000;

interface Above {
  readonly issuer: string;
  readonly signingKey: webcrypto.CryptoKey;
}

export const createTestCa = async (commonName: string, above?: Above): Promise<TestCa> => {
  const keys = await keyPair();
  const name = `CN=${commonName}`;
  const root = await X509CertificateGenerator.create({
    serialNumber: '01',
    subject: name,
    issuer: name,
    signingKey: keys.privateKey,
    ...above,
    publicKey: keys.publicKey,
    notBefore: new Date(Date.now() - 10 * DAY_MS),
    notAfter: new Date(Date.now() + 365 * DAY_MS),
    signingAlgorithm: ALGORITHM,
    extensions: [new BasicConstraintsExtension(true, undefined, true), new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true)],
  });
  return {
    pem: `${root.toString('pem')}\n`,
    key: await keyPem(keys.privateKey),
    issue: async ({ subject = 'orders', san, usages = [ExtendedKeyUsage.clientAuth], isCa = false, notBefore, notAfter, serialNumber = (serial++).toString(16), isForged = false } = {}) => {
      const leaf = await keyPair();
      const certificate = await X509CertificateGenerator.create({
        serialNumber,
        subject: nameOf(subject),
        issuer: root.subject,
        notBefore: notBefore ?? new Date(Date.now() - DAY_MS),
        notAfter: notAfter ?? new Date(Date.now() + 30 * DAY_MS),
        signingAlgorithm: ALGORITHM,
        publicKey: leaf.publicKey,
        signingKey: isForged ? leaf.privateKey : keys.privateKey,
        extensions: [
          new BasicConstraintsExtension(isCa, undefined, true),
          new KeyUsagesExtension(isCa ? KeyUsageFlags.keyCertSign | KeyUsageFlags.digitalSignature : KeyUsageFlags.digitalSignature, true),
          ...(usages === null ? [] : [new ExtendedKeyUsageExtension([...usages])]),
          ...(san === undefined ? [] : [new SubjectAlternativeNameExtension(san)]),
        ],
      });
      return { pem: `${certificate.toString('pem')}\n`, der: Buffer.from(certificate.rawData), key: await keyPem(leaf.privateKey), serialNumber };
    },
    issuingCa: (of) => createTestCa(of, { issuer: name, signingKey: keys.privateKey }),
    revocationList: async ({ serials = [], thisUpdate = new Date(Date.now() - DAY_MS), nextUpdate = new Date(Date.now() + 7 * DAY_MS), extensions = [] } = {}) => {
      const list = await X509CrlGenerator.create({
        issuer: root.subject,
        thisUpdate,
        nextUpdate,
        extensions,
        signingAlgorithm: ALGORITHM,
        signingKey: keys.privateKey,
        entries: serials.map((serialNumber) => ({ serialNumber, revocationDate: thisUpdate })),
      });
      return pemOf('X509 CRL', list.rawData);
    },
  };
};
