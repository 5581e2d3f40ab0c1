import { createHash, generateKeyPair } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { exportJWK, importJWK, type JWK } from 'jose';
import { writeAtomically } from '../src/files/owner-only.ts';

const newPair = promisify(generateKeyPair);

interface RingKey {
  readonly kid: string;
  /** With private members. */
  readonly jwk: JWK;
}

/**
 * The issuer's signing keys: the newest signs, all that were not dropped are published. Kept in an owner-only file, so
 * that a restart does not invalidate tokens; the public half is written for brokers that read a key set file.
 */
export class KeyRing {
  #keys: RingKey[] = [];
  readonly #privateFile: string;
  readonly #jwksFile: string;
  readonly #issuer: string;

  private constructor(privateFile: string, jwksFile: string, issuer: string) {
    this.#privateFile = privateFile;
    this.#jwksFile = jwksFile;
    this.#issuer = issuer;
  }

  static async open(privateFile: string, jwksFile: string, issuer: string): Promise<KeyRing> {
    const ring = new KeyRing(privateFile, jwksFile, issuer);
    if (existsSync(privateFile)) ring.#keys = JSON.parse(readFileSync(privateFile, 'utf8')) as RingKey[];
    if (ring.#keys.length === 0) await ring.rotate();
    else ring.#publish();
    return ring;
  }

  /** A new key signs from now on; older ones stay published. @returns its kid */
  async rotate(): Promise<string> {
    const { publicKey, privateKey } = await newPair('rsa', { modulusLength: 2048 });
    // Entra's kid is the thumbprint of the key's certificate, and x5t repeats it.
    const kid = createHash('sha1').update(publicKey.export({ type: 'spki', format: 'der' })).digest('base64url');
    this.#keys.unshift({ kid, jwk: await exportJWK(privateKey) });
    this.#publish();
    return kid;
  }

  /** Withdraws a key. @returns false when there is no such key, or it is the last */
  drop(kid: string): boolean {
    if (this.#keys.length === 1 || !this.kids().includes(kid)) return false;
    this.#keys = this.#keys.filter((key) => key.kid !== kid);
    this.#publish();
    return true;
  }

  /** Newest first; the first one signs. */
  kids(): readonly string[] {
    return this.#keys.map((key) => key.kid);
  }

  /** @throws Error when the key was dropped */
  async signer(kid = this.kids()[0]): Promise<{ readonly kid: string; readonly key: Awaited<ReturnType<typeof importJWK>> }> {
    const found = this.#keys.find((key) => key.kid === kid);
    if (found === undefined) throw new Error('no such key');
    return { kid: found.kid, key: await importJWK(found.jwk, 'RS256') };
  }

  /** As Entra publishes it: no `alg`, x5t equal to kid, and in the second version the issuer of each key. */
  jwks(version: '1.0' | '2.0'): { keys: JWK[] } {
    return {
      keys: this.#keys.map(({ kid, jwk }) => ({
        kty: 'RSA',
        use: 'sig',
        kid,
        x5t: kid,
        n: jwk.n ?? '',
        e: jwk.e ?? '',
        ...(version === '2.0' ? { issuer: this.#issuer } : {}),
      })),
    };
  }

  #publish(): void {
    writeAtomically(this.#privateFile, JSON.stringify(this.#keys));
    writeAtomically(this.#jwksFile, JSON.stringify(this.jwks('2.0')), 0o644);
  }
}
