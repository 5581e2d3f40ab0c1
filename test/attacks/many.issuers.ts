import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { CertificateFiles } from '../../stack/src/index.ts';

export interface ManyIssuers {
  readonly port: number;
  /** A token that is right in everything, of the issuer of this address. */
  token(issuer: string): string;
  stop(): void;
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** One HTTPS server that is as many honest issuers as ports lead to it: each is the issuer that its caller asks for. */
export const startManyIssuers = async ({ servers }: Pick<CertificateFiles, 'servers'>): Promise<ManyIssuers> => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keys = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k', use: 'sig', alg: 'RS256' }] };
  const server = createServer({ cert: readFileSync(servers.issuer.certFile), key: readFileSync(servers.issuer.keyFile) }, (request, response) => {
    const issuer = `https://${request.headers.host ?? ''}`;
    const body = request.url === '/keys' ? keys : { issuer, jwks_uri: `${issuer}/keys` };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    token: (issuer) => {
      const now = Math.floor(Date.now() / 1000);
      const input = `${part({ typ: 'JWT', alg: 'RS256', kid: 'k' })}.${part({ iss: issuer, aud: 'kafka', sub: 'orders', azp: 'orders', iat: now, exp: now + 300, jti: randomUUID() })}`;
      return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`;
    },
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
};
