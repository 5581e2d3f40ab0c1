import { Agent, request } from 'node:https';

export interface HttpsCall {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface HttpsAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

/** One POST. Rejects for anything but a whole answer of bounded size before `signal` fires. */
export type HttpsExchange = (call: HttpsCall, signal: AbortSignal) => Promise<HttpsAnswer>;

const MAX_BYTES = 64 * 1024;
/** Graph counts requests by application and tenant; a burst of cold callers waits here and not there. */
const MAX_SOCKETS = 16;

/** Verified TLS to one upstream, kept alive; no redirects (node:https follows none), nothing compressed, at most 64 KiB. */
export const createHttpsExchange = (ca: string | undefined): { readonly exchange: HttpsExchange; close(): void } => {
  const agent = new Agent({ ca, keepAlive: true, maxSockets: MAX_SOCKETS, minVersion: 'TLSv1.2', timeout: 60_000 });
  const exchange: HttpsExchange = ({ url, headers, body }, signal) =>
    new Promise((resolve, reject) => {
      const outgoing = request(
        url,
        { method: 'POST', agent, signal, headers: { accept: 'application/json', 'accept-encoding': 'identity', 'content-length': Buffer.byteLength(body), ...headers } },
        (answer) => {
          const chunks: Buffer[] = [];
          let bytes = 0;
          answer.on('data', (chunk: Buffer) => {
            bytes += chunk.length;
            if (bytes > MAX_BYTES) {
              reject(new Error('answer too large'));
              outgoing.destroy();
            } else chunks.push(chunk);
          });
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, retryAfter: answer.headers['retry-after'], text: Buffer.concat(chunks).toString('utf8') }));
          answer.on('error', reject);
          // A body that ends early gives neither `end` nor `error` on every path; after `end` this changes nothing.
          answer.on('close', () => reject(new Error('answer cut short')));
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  return { exchange, close: () => agent.destroy() };
};
