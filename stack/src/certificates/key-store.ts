import 'reflect-metadata';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Pkcs10CertificateRequest } from '@peculiar/x509';
import { writeAtomically } from '../files/owner-only.ts';
import type { Certificates } from './make-certificates.ts';

const run = promisify(execFile);

export interface KeyStore {
  readonly file: string;
  readonly password: string;
}

/**
 * A PKCS #12 key store with a key of its own and a certificate by the stack's CA, for Java servers that read no PEM.
 * `keytool` makes the key, because it comes with Java and cannot read one in.
 */
export const makeKeyStore = async (dir: string, commonName: string, { ca, authority }: Certificates): Promise<KeyStore> => {
  const file = join(dir, `${commonName}.p12`);
  if (existsSync(file)) rmSync(file);
  const password = randomBytes(18).toString('base64url');
  const passwordFile = writeAtomically(join(dir, `${commonName}.p12.password`), password);
  const keytool = (...args: readonly string[]): Promise<{ stdout: string }> =>
    run('keytool', ['-J-XX:TieredStopAtLevel=1', ...args, '-keystore', file, '-storetype', 'PKCS12', '-storepass:file', passwordFile, '-alias', 'server']);
  await keytool('-genkeypair', '-keyalg', 'EC', '-groupname', 'secp256r1', '-dname', `CN=${commonName}`);
  const request = new Pkcs10CertificateRequest((await keytool('-certreq')).stdout);
  const certificate = await authority.certify(commonName, await request.publicKey.export());
  const chain = writeAtomically(join(dir, `${commonName}.chain.pem`), `${certificate}${ca}`, 0o644);
  await keytool('-importcert', '-noprompt', '-file', chain);
  return { file, password };
};
