import { request } from 'node:https';

/** Fetches the text of a JWKS; rejects for anything but a whole 200 answer in time. */
export type FetchJwks = (signal: AbortSignal) => Promise<string>;

export interface JwksEndpoint {
  readonly url: string;
  /** PEM of a private CA; absent: Node's own roots. */
  readonly ca?: string | undefined;
}

const MAX_BYTES = 1024 * 1024;

/**
 * One GET over verified TLS: no redirects (node:https follows none), no compression to expand, at most 1 MB. A plain
 * request rather than `fetch`, because only this takes a CA for one issuer alone.
 */
export const createJwksFetch =
  ({ url, ca }: JwksEndpoint): FetchJwks =>
  (signal) =>
    new Promise((resolve, reject) => {
      const outgoing = request(url, { ca, signal, agent: false, minVersion: 'TLSv1.2', headers: { accept: 'application/json', 'accept-encoding': 'identity' } }, (answer) => {
        if (answer.statusCode !== 200) {
          reject(new Error(`status ${answer.statusCode}`));
          outgoing.destroy();
          return;
        }
        const chunks: Buffer[] = [];
        let bytes = 0;
        answer.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          chunks.push(chunk);
          if (bytes > MAX_BYTES) outgoing.destroy(new Error('answer over 1 MB'));
        });
        answer.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
        answer.on('error', reject);
        // A body that ends early gives neither `end` nor `error` on every path; after `end` this changes nothing.
        answer.on('close', () => reject(new Error('answer cut short')));
      });
      outgoing.on('error', reject);
      outgoing.end();
    });
