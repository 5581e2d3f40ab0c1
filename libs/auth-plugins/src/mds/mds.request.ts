import { Agent, request, type RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { isTlsError } from '../tls/tls.error.js';

/** One whole answer, or the reason why there is none; no text of the other side. */
export type MdsReply = { readonly kind: 'answer'; readonly status: number; readonly body: string } | { readonly kind: 'failed'; readonly why: 'connect' | 'tls' | 'deadline' | 'cut' | 'too-large' | 'encoded' };

/** One GET to one node, or a POST where there is a JSON body. Never throws; `signal` ends it wherever it stands. */
export type MdsGet = (url: string, authorization: string | null, signal: AbortSignal, body?: string) => Promise<MdsReply>;

/** Whom to believe, and where it is asked by certificate, who asks. PEM texts. */
export interface MdsConnection {
  readonly ca?: string | undefined;
  readonly cert?: string;
  readonly key?: string;
}

/** A token is under 2 KB, a list of nodes under 10: more is somebody else's page. */
const MAX_BYTES = 64 * 1024;

/**
 * Over verified TLS only, by its own connections: no redirect is followed (node:https follows none), no answer is
 * expanded, and nothing is kept of one that does not end in time.
 */
export const createMdsGet = ({ ca, cert, key }: MdsConnection): { readonly get: MdsGet; readonly close: () => void } => {
  const agent = new Agent({ keepAlive: true, maxSockets: 16, maxFreeSockets: 4, timeout: 30_000, minVersion: 'TLSv1.2', cert, key, ...(ca === undefined ? {} : { ca }) });
  const get: MdsGet = (url, authorization, signal, body) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve({ kind: 'failed', why: 'deadline' });
      const sent = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const options: RequestOptions = { agent, signal, method: body === undefined ? 'GET' : 'POST', headers: { accept: 'application/json', 'accept-encoding': 'identity', ...sent, ...(authorization === null ? {} : { authorization }) } };
      const outgoing = request(url, options, (answer) => {
        readBody(answer).then((reply) => {
          if (reply.kind === 'failed') outgoing.destroy();
          resolve(signal.aborted ? { kind: 'failed', why: 'deadline' } : reply);
        }, () => undefined);
      });
      outgoing.on('error', (error) => resolve({ kind: 'failed', why: signal.aborted ? 'deadline' : isTlsError(error) ? 'tls' : 'connect' }));
      outgoing.end(body);
    });
  return { get, close: () => agent.destroy() };
};

const readBody = (answer: IncomingMessage): Promise<MdsReply> =>
  new Promise((resolve) => {
    if ((answer.headers['content-encoding'] ?? 'identity') !== 'identity') return resolve({ kind: 'failed', why: 'encoded' });
    const chunks: Buffer[] = [];
    let bytes = 0;
    answer.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_BYTES) resolve({ kind: 'failed', why: 'too-large' });
      else chunks.push(chunk);
    });
    answer.on('end', () => resolve({ kind: 'answer', status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }));
    answer.on('error', () => resolve({ kind: 'failed', why: 'cut' }));
    // A body that ends early gives neither `end` nor `error` on every path; after `end` this changes nothing.
    answer.on('close', () => resolve({ kind: 'failed', why: 'cut' }));
  });
