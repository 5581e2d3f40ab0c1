import { generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CertificateFiles } from '../../stack/src/index.ts';
import type { LyingIssuer } from './attacked.proxy.ts';

const newKey = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
const asJwk = (key: KeyObject, over: object = {}): object => ({ ...key.export({ format: 'jwk' }), kid: 'k', use: 'sig', alg: 'RS256', ...over });

interface Lie {
  readonly signer: KeyObject;
  readonly answer: (response: ServerResponse) => void;
}

/** What an issuer that was taken over, or a page in between, may answer instead of its keys; the token is signed by what it offers. */
const lies = (): Readonly<Record<string, Lie>> => {
  const good = newKey();
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const publicKeys = JSON.stringify({ keys: [asJwk(good.publicKey)] });
  const json = (body: string) => (response: ServerResponse) => void response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  return {
    'an HTML page': { signer: good.privateKey, answer: (response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Sign in</title>') },
    'an HTML page that says it is JSON': { signer: good.privateKey, answer: json('<!doctype html><title>Sign in</title>') },
    'ten megabytes': { signer: good.privateKey, answer: json(`{"pad":"${'x'.repeat(10_000_000)}",${publicKeys.slice(1)}`) },
    'a redirect to plain HTTP': { signer: good.privateKey, answer: (response) => void response.writeHead(302, { location: 'http://127.0.0.1:9/keys' }).end() },
    'a redirect to itself': { signer: good.privateKey, answer: (response) => void response.writeHead(307, { location: '?again' }).end() },
    'a private key': { signer: good.privateKey, answer: json(JSON.stringify({ keys: [asJwk(good.privateKey)] })) },
    'a key of 1,024 bits': { signer: weak.privateKey, answer: json(JSON.stringify({ keys: [asJwk(weak.publicKey)] })) },
    'a shared secret': { signer: good.privateKey, answer: json(JSON.stringify({ keys: [{ kty: 'oct', kid: 'k', alg: 'HS256', k: 'c2VjcmV0' }] })) },
    'no keys': { signer: good.privateKey, answer: json('{"keys":[]}') },
    'an error': { signer: good.privateKey, answer: (response) => void response.writeHead(500).end(publicKeys) },
    'one byte at a time': {
      signer: good.privateKey,
      answer: (response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        let at = 0;
        const timer = setInterval(() => response.write(publicKeys[at++ % publicKeys.length]), 200);
        response.once('close', () => clearInterval(timer));
      },
    },
    nothing: { signer: good.privateKey, answer: () => undefined },
  };
};

export interface Liars {
  readonly issuers: readonly LyingIssuer[];
  /** For each lie a token that is right in everything, by a key that the issuer vouches for if it is believed. */
  tokens(): Readonly<Record<string, string>>;
  stop(): void;
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** One HTTPS server that is as many issuers as there are lies. */
export const startLiars = async ({ servers }: Pick<CertificateFiles, 'servers'>): Promise<Liars> => {
  const told = Object.entries(lies());
  const server: Server = createServer({ cert: readFileSync(servers.issuer.certFile), key: readFileSync(servers.issuer.keyFile) }, (request, response) => told[Number(/^\/(\d+)\//.exec(request.url ?? '')?.[1])]?.[1].answer(response));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const base = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    issuers: told.map((_, i) => ({ id: `liar-${i}`, issuer: `${base}/${i}/`, jwksUrl: `${base}/${i}/keys` })),
    tokens: () => {
      const now = Math.floor(Date.now() / 1000);
      return Object.fromEntries(told.map(([lie, { signer }], i) => {
        const input = `${part({ typ: 'JWT', alg: 'RS256', kid: 'k' })}.${part({ iss: `${base}/${i}/`, aud: 'kafka', sub: 'mallory', azp: 'm', iat: now, nbf: now, exp: now + 300, jti: randomUUID() })}`;
        return [lie, `${input}.${sign('sha256', Buffer.from(input), signer).toString('base64url')}`];
      }));
    },
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
};
