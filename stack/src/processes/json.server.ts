import type { IncomingMessage, RequestListener } from 'node:http';
import { createServer } from 'node:http';

const BODY_LIMIT = 65_536;

/** The body of a request to a double, as text. @throws Error over 64 KiB */
export const readBody = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_LIMIT) throw new Error('body too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

/** The port by which a specification tells a double what to do; loopback only. */
export const listenForControl = (listener: RequestListener, port: number): Promise<void> => {
  const server = createServer(listener);
  // One request a connection: a spec whose event loop was blocked must not write to one that was closed meanwhile.
  server.maxRequestsPerSocket = 1;
  return new Promise((resolve) => void server.listen(port, '127.0.0.1', resolve));
};
