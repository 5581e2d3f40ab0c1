import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
  type X509Certificate,
} from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;

type KeyPair = webcrypto.CryptoKeyPair;

/** A certificate with its private key, both PEM (PKCS #8). */
export interface Identity {
  readonly certificate: string;
  readonly key: string;
}

export interface ServerNames {
  readonly dns: readonly string[];
  readonly ip: readonly string[];
}

/** Every server of the stack is called by one of these. */
export const LOOPBACK_NAMES: ServerNames = { dns: ['localhost'], ip: ['127.0.0.1', '::1'] };

const newKeys = (): Promise<KeyPair> => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']) as Promise<KeyPair>;

const keyPem = async (key: webcrypto.CryptoKey): Promise<string> => {
  const body = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${(body.match(/.{1,64}/g) ?? []).join('\n')}\n-----END PRIVATE KEY-----\n`;
};

// A leading byte below 0x80 keeps the serial number positive (RFC 5280, 4.1.2.2).
const serialNumber = (): string => `01${randomBytes(15).toString('hex')}`;

/** A local certificate authority. Its key exists to make certificates for loopback and is thrown away with the run. */
export interface CertificateAuthority {
  readonly identity: Identity;
  /** A server certificate for a key that this makes. @param days life; negative gives one that has ended */
  issue(commonName: string, names?: ServerNames, days?: number): Promise<Identity>;
  /** A server certificate for somebody else's key. */
  certify(commonName: string, publicKey: webcrypto.CryptoKey, names?: ServerNames, days?: number): Promise<string>;
}

export const createCertificateAuthority = async (commonName: string): Promise<CertificateAuthority> => {
  const keys = await newKeys();
  const now = Date.now();
  const root: X509Certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: `CN=${commonName}`,
    notBefore: new Date(now - DAY_MS),
    notAfter: new Date(now + 365 * DAY_MS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const certify = async (subject: string, publicKey: webcrypto.CryptoKey, names: ServerNames = LOOPBACK_NAMES, days = 90): Promise<string> => {
    const end = now + days * DAY_MS;
    const certificate = await X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      subject: `CN=${subject}`,
      issuer: root.subject,
      notBefore: new Date(Math.min(now, end) - DAY_MS),
      notAfter: new Date(end),
      signingAlgorithm: ALGORITHM,
      publicKey,
      signingKey: keys.privateKey,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
        new SubjectAlternativeNameExtension([...names.dns.map((value) => ({ type: 'dns' as const, value })), ...names.ip.map((value) => ({ type: 'ip' as const, value }))]),
        await SubjectKeyIdentifierExtension.create(publicKey),
        await AuthorityKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    return `${certificate.toString('pem')}\n`;
  };
  return {
    identity: { certificate: `${root.toString('pem')}\n`, key: await keyPem(keys.privateKey) },
    certify,
    issue: async (subject, names, days) => {
      const server = await newKeys();
      return { certificate: await certify(subject, server.publicKey, names, days), key: await keyPem(server.privateKey) };
    },
  };
};
