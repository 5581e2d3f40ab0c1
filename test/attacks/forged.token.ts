import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, sign, type JsonWebKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Issuer, Mds } from '../../stack/src/index.ts';
import type { Stack } from '../setup/stack.ts';

/** One kind of bearer token that the proxy takes, with the very key that its issuer signs by: the attacker's dream. */
export interface BearerWay {
  readonly name: string;
  /** The claim that becomes the principal. */
  readonly subjectClaim: string;
  readonly privateKey: KeyObject;
  readonly header: Readonly<Record<string, unknown>>;
  /** A good token's claims. */
  readonly claims: Readonly<Record<string, unknown>>;
}

export interface Forgery {
  /** Members to replace; undefined takes one away. Text is the JSON as it stands. */
  readonly header?: Readonly<Record<string, unknown>> | string;
  readonly claims?: Readonly<Record<string, unknown>> | string;
  readonly key?: KeyObject;
  /** null: no signature. */
  readonly by?: ((input: string, key: KeyObject) => Buffer) | null;
}

export const encoded = (value: object | string): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
export const rs = (hash: string) => (input: string, key: KeyObject): Buffer => sign(hash, Buffer.from(input), key);
export const otherKey = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** A compact token as asked for, signed by the issuer's own key unless told otherwise. */
export const forge = (way: BearerWay, { header = {}, claims = {}, key = way.privateKey, by = rs('sha256') }: Forgery = {}): string => {
  const input = `${encoded(typeof header === 'string' ? header : { ...way.header, ...header })}.${encoded(typeof claims === 'string' ? claims : { ...way.claims, ...claims })}`;
  return `${input}.${by === null ? '' : by(input, key).toString('base64url')}`;
};

export const publicPem = (way: BearerWay): string => createPublicKey(way.privateKey).export({ type: 'spki', format: 'pem' }).toString();
export const hmacBy = (secret: string) => (input: string): Buffer => createHmac('sha256', secret).update(input).digest();

const decoded = (part: string | undefined): Record<string, unknown> => JSON.parse(Buffer.from(part ?? '', 'base64url').toString()) as Record<string, unknown>;
const asTemplate = async (name: string, subjectClaim: string, privateKey: KeyObject, good: () => Promise<string>): Promise<BearerWay> => {
  const [header, claims] = (await good()).split('.');
  return { name, subjectClaim, privateKey, header: decoded(header), claims: decoded(claims) };
};

/** The issuer's newest key, out of its owner-only file. */
const issuerKey = (jwksFile: string): KeyObject => {
  const [newest] = JSON.parse(readFileSync(join(dirname(jwksFile), 'keys.private.json'), 'utf8')) as { readonly jwk: JsonWebKey }[];
  if (newest === undefined) throw new Error('the issuer has no key');
  return createPrivateKey({ key: newest.jwk, format: 'jwk' });
};

/** Every kind of token that the attacked proxy takes. */
export const bearerWays = (stack: Stack, mds: Mds, apps: Issuer): Promise<readonly BearerWay[]> =>
  Promise.all([
    asTemplate('Entra v1', 'oid', issuerKey(stack.issuer.jwksFile), () => stack.issuer.fetchToken('orders-service', 'api://postern-v1')),
    asTemplate('Entra v2', 'oid', issuerKey(stack.issuer.jwksFile), () => stack.issuer.fetchToken('orders-service')),
    asTemplate('MDS', 'sub', createPrivateKey(readFileSync(join(dirname(mds.publicKeyFile), 'token.private.pem'))), () => mds.fetchToken('alice', 'alice-secret')),
    asTemplate('OIDC', 'sub', issuerKey(apps.jwksFile), () => apps.fetchToken('orders-service')),
  ]);
