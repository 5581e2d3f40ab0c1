import { join } from 'node:path';
import { ownerOnlyDir, writeAtomically } from '../files/owner-only.ts';
import { createCertificateAuthority, LOOPBACK_NAMES, type CertificateAuthority } from './certificate-authority.ts';

export const SERVERS = ['broker', 'directory', 'issuer', 'mds', 'proxy'] as const;
export type ServerName = (typeof SERVERS)[number];

export interface ServerFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** Key and chain in one PEM file, the form that Kafka's PEM key store wants. */
  readonly bundleFile: string;
}

/** Programs have Entra's login host in their source; one whose name resolution points it here meets a certificate that it can trust. */
const ENTRA_LOGIN_HOST = 'login.microsoftonline.com';

/** Where the files are: plain data, which another process can use. */
export interface CertificateFiles {
  readonly caFile: string;
  readonly servers: Readonly<Record<ServerName, ServerFiles>>;
}

export interface Certificates extends CertificateFiles {
  /** PEM text of the CA. */
  readonly ca: string;
  readonly authority: CertificateAuthority;
}

/**
 * A local CA and one certificate per server of the stack, for localhost, 127.0.0.1 and ::1, as PEM files in `dir`:
 * ca.crt, and <server>.crt, .key and .pem. Whatever holds a key is 0600.
 */
export const makeCertificates = async (dir: string): Promise<Certificates> => {
  ownerOnlyDir(dir);
  const authority = await createCertificateAuthority('Postern local stack CA');
  const ca = authority.identity.certificate;
  const caFile = writeAtomically(join(dir, 'ca.crt'), ca, 0o644);
  const files = async (server: ServerName): Promise<ServerFiles> => {
    const { certificate, key } = await authority.issue(server, server === 'issuer' ? { ...LOOPBACK_NAMES, dns: [...LOOPBACK_NAMES.dns, ENTRA_LOGIN_HOST] } : LOOPBACK_NAMES);
    return {
      certFile: writeAtomically(join(dir, `${server}.crt`), certificate, 0o644),
      keyFile: writeAtomically(join(dir, `${server}.key`), key),
      bundleFile: writeAtomically(join(dir, `${server}.pem`), `${key}${certificate}${ca}`),
    };
  };
  const [broker, directory, issuer, mds, proxy] = await Promise.all(SERVERS.map(files));
  if (broker === undefined || directory === undefined || issuer === undefined || mds === undefined || proxy === undefined) throw new Error('unreachable: one entry per server');
  return { caFile, ca, authority, servers: { broker, directory, issuer, mds, proxy } };
};
