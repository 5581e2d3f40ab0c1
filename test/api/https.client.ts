import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /** Milliseconds from the first byte sent to the last byte read. */
  readonly ms: number;
}

export interface Call {
  readonly method?: string;
  readonly authorization?: string;
  readonly contentType?: string;
  readonly accept?: string;
  readonly body?: string | Buffer;
}

export interface HttpsClient {
  call(path: string, call?: Call): Promise<Answer>;
  close(): void;
}

export const basic = (name: string, password: string): string => `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
export const bearer = (token: string): string => `Bearer ${token}`;

/** A caller over HTTPS that trusts the local CA and nothing else. */
export const httpsClient = (url: string, caFile: string): HttpsClient => {
  const agent = new Agent({ keepAlive: true, ca: readFileSync(caFile), maxSockets: 64 });
  return {
    call: (path, { method, authorization, contentType, accept, body } = {}) =>
      new Promise((resolve, reject) => {
        const startedAt = performance.now();
        const headers: Record<string, string> = {};
        if (authorization !== undefined) headers['authorization'] = authorization;
        if (contentType !== undefined) headers['content-type'] = contentType;
        if (accept !== undefined) headers['accept'] = accept;
        if (body !== undefined) headers['content-length'] = String(Buffer.byteLength(body));
        const sent = request(`${url}${path}`, { method: method ?? (body === undefined ? 'GET' : 'POST'), headers, agent, timeout: 25_000 }, (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString(), ms: performance.now() - startedAt }));
          response.on('error', reject);
        });
        sent.on('timeout', () => sent.destroy(new Error('no answer in 25 s')));
        sent.on('error', reject);
        sent.end(body);
      }),
    close: () => agent.destroy(),
  };
};

export const V2_JSON = 'application/vnd.kafka.json.v2+json';
export const V2_BINARY = 'application/vnd.kafka.binary.v2+json';
export const V2 = 'application/vnd.kafka.v2+json';
