import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Limits } from '../config/settings.schema.js';
import { RequestError } from './request-error.js';

type BodyLimits = Pick<Limits, 'bodyBytes' | 'bodySeconds' | 'bodyBytesPerSecond'>;

const GRACE_MS = 1_000;

/** Whether the request announced a body at all (RFC 9112 §6). */
export const announcesBody = (request: IncomingMessage): boolean =>
  request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;

/**
 * Reads a whole body, after authentication and the gate (I4). Bounded in bytes (also after gzip), in time, and by a least
 * rate, so that neither a slow nor a swelling body holds anything.
 * @throws RequestError BODY_TOO_LARGE, BODY_TIMEOUT, BODY_INCOMPLETE, UNSUPPORTED_ENCODING, BAD_REQUEST (not gzip)
 */
export const readBody = async (request: FastifyRequest, reply: FastifyReply, limits: BodyLimits): Promise<Buffer> => {
  const { raw } = request;
  const source = decoded(raw, request.headers['content-encoding']);
  if (Number(request.headers['content-length'] ?? 0) > limits.bodyBytes) throw new RequestError('BODY_TOO_LARGE');
  if (!announcesBody(raw)) return Buffer.alloc(0);
  continueIfAsked(raw, reply.raw);
  const body = await collect(raw, source, limits);
  request.record.bytesIn = body.length;
  return body;
};

/** The caller waits with its body until it is told that it may send it: by now it may. */
const continueIfAsked = (request: IncomingMessage, response: ServerResponse): void => {
  if (request.headers.expect?.toLowerCase() === '100-continue') response.writeContinue();
};

const decoded = (raw: IncomingMessage, encoding: string | undefined): Readable => {
  const name = (encoding ?? 'identity').trim().toLowerCase();
  if (name === 'identity' || name === '') return raw;
  if (name === 'gzip' || name === 'x-gzip') return raw.pipe(createGunzip());
  throw new RequestError('UNSUPPORTED_ENCODING');
};

const collect = (raw: IncomingMessage, source: Readable, limits: BodyLimits): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    let received = 0;
    let watch: NodeJS.Timeout | undefined;

    const settle = (error: RequestError | null) => {
      clearInterval(watch);
      source.off('data', onData).off('end', onEnd).off('error', onError);
      raw.off('close', onClose).off('data', onRaw);
      if (error === null) return resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, length));
      if (source !== raw) source.destroy();
      raw.unpipe();
      raw.pause();
      reject(error);
    };
    const onRaw = (chunk: Buffer) => {
      received += chunk.length;
    };
    const onData = (chunk: Buffer) => {
      length += chunk.length;
      if (length > limits.bodyBytes) settle(new RequestError('BODY_TOO_LARGE'));
      else chunks.push(chunk);
    };
    const onEnd = () => settle(raw.complete ? null : new RequestError('BODY_INCOMPLETE'));
    const onClose = () => {
      if (!raw.complete) settle(new RequestError('BODY_INCOMPLETE'));
    };
    const onError = () => settle(source === raw ? new RequestError('BODY_INCOMPLETE') : new RequestError('BAD_REQUEST', 'Bad Request: the body is not valid gzip.'));
    // Most bodies are here with their headers and never need the clock.
    if (!raw.complete) {
      const startedAt = performance.now();
      watch = setInterval(() => {
        const elapsed = performance.now() - startedAt;
        const owed = ((elapsed - GRACE_MS) / 1_000) * limits.bodyBytesPerSecond;
        if (elapsed > limits.bodySeconds * 1_000 || received < owed) settle(new RequestError('BODY_TIMEOUT'));
      }, GRACE_MS);
    }

    raw.on('data', onRaw).on('close', onClose);
    source.on('data', onData).on('end', onEnd).on('error', onError);
  });
