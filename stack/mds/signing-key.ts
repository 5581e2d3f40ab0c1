import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { exportJWK } from 'jose';
import { writeAtomically } from '../src/files/owner-only.ts';

const newPair = promisify(generateKeyPair);

interface KeyFiles {
  readonly privateKeyFile: string;
  readonly publicKeyFile: string;
  readonly jwksFile: string;
}

/** The one RSA pair of MDS: it publishes no key set, only a PEM file that operators carry around. Survives a restart. */
export class SigningKey {
  #privateKey: KeyObject;
  readonly #files: KeyFiles;

  private constructor(privateKey: KeyObject, files: KeyFiles) {
    this.#privateKey = privateKey;
    this.#files = files;
  }

  static async open(files: KeyFiles): Promise<SigningKey> {
    const known = existsSync(files.privateKeyFile) ? createPrivateKey(readFileSync(files.privateKeyFile)) : null;
    const key = new SigningKey(known ?? (await newPair('rsa', { modulusLength: 2048 })).privateKey, files);
    await key.#write();
    return key;
  }

  get privateKey(): KeyObject {
    return this.#privateKey;
  }

  get publicKey(): KeyObject {
    return createPublicKey(this.#privateKey);
  }

  /** A new pair signs from now on, and the files hold it alone: MDS knows no overlap. */
  async rotate(): Promise<void> {
    this.#privateKey = (await newPair('rsa', { modulusLength: 2048 })).privateKey;
    await this.#write();
  }

  async #write(): Promise<void> {
    const { kty, n, e } = await exportJWK(this.publicKey);
    writeAtomically(this.#files.privateKeyFile, this.#privateKey.export({ type: 'pkcs8', format: 'pem' }));
    writeAtomically(this.#files.publicKeyFile, this.publicKey.export({ type: 'spki', format: 'pem' }), 0o644);
    writeAtomically(this.#files.jwksFile, JSON.stringify({ keys: [{ kty, n, e, use: 'sig', alg: 'RS256', kid: 'mds' }] }), 0o644);
  }
}
