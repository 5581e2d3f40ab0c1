import type { IncomingMessage, ServerResponse } from 'node:http';

const DISCARD_BYTES = 64 * 1024;
const DISCARD_MS = 1_000;

/** A body that is still to come and too large, or of unknown size, to be drained on a connection that is kept. */
export const hasLargeUnreadBody = (request: IncomingMessage): boolean => {
  if (request.complete) return false;
  if (request.headers['transfer-encoding'] !== undefined) return true;
  // A caller that waits for 100-continue has sent nothing and may send nothing: the connection's framing is open.
  if (request.headers.expect !== undefined) return true;
  return Number(request.headers['content-length'] ?? 0) > DISCARD_BYTES;
};

/**
 * Answers a refused request whose body was not read: the whole answer first, then up to 64 KiB or one second of the body
 * is thrown away, then the connection is closed. Closing at once would reset it, and the caller would lose the answer.
 */
export const answerAndClose = (request: IncomingMessage, response: ServerResponse, status: number, headers: Record<string, string | string[]>, body: string): void => {
  response.writeHead(status, { ...headers, connection: 'close', 'content-length': String(Buffer.byteLength(body)) });
  response.write(body);
  let discarded = 0;
  const finish = () => {
    clearTimeout(timer);
    request.off('data', onData).off('end', finish).off('close', finish).off('error', finish);
    request.pause();
    response.end();
  };
  const onData = (chunk: Buffer) => {
    discarded += chunk.length;
    if (discarded >= DISCARD_BYTES) finish();
  };
  const timer = setTimeout(finish, DISCARD_MS);
  request.on('data', onData).on('end', finish).on('close', finish).on('error', finish);
};
