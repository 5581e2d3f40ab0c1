import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

export interface Call {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs?: number;
}

/** One HTTPS request that trusts the stack's CA and nothing else. */
export const callHttps = (url: string, caFile: string, { method = 'GET', headers = {}, body, timeoutMs = 10_000 }: Call = {}): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const call = request(url, { method, headers, ca: readFileSync(caFile), agent: false, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
      text(response).then((given) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: given }), reject);
    });
    call.once('error', reject);
    call.end(body);
  });
