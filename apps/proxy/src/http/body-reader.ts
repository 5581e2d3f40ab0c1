import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Inject, Injectable } from '@nestjs/common';
import type { Limits, Settings } from '../config/settings.schema.js';
import { BodyBudget } from '../limits/body.budget.js';
import { SETTINGS } from '../wiring/tokens.js';
import { RequestError } from './request-error.js';

type BodyLimits = Pick<Limits, 'bodyBytes' | 'bodySeconds' | 'bodyBytesPerSecond'>;

const GRACE_MS = 1_000;

/** Whether the request announced a body at all (RFC 9112 §6). */
export const announcesBody = (request: IncomingMessage): boolean =>
  request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;

/**
 * Reads a whole body, after authentication and the gate (I4). Bounded in bytes (also after gzip), in time, and by a least
 * rate, so that neither a slow nor a swelling body holds anything; and all bodies together are bounded, for the process and
 * for one principal, until their requests end.
 */
@Injectable()
export class BodyReader {
  readonly #budget: BodyBudget;

  constructor(@Inject(SETTINGS) private readonly settings: Pick<Settings, 'limits'>) {
    this.#budget = new BodyBudget(() => settings.limits);
  }

  /**
   * @param bodyBytes a bound of the route's own, below the setting
   * @throws RequestError BODY_TOO_LARGE, BODY_TIMEOUT, BODY_INCOMPLETE, UNSUPPORTED_ENCODING, BAD_REQUEST (not gzip), BODIES_FULL
   */
  async read(request: FastifyRequest, reply: FastifyReply, bodyBytes = this.settings.limits.bodyBytes): Promise<Buffer> {
    const { raw, record, caller } = request;
    if (caller === null) throw new Error('a body was read without a caller');
    const encoding = request.headers['content-encoding'];
    if (!isKnownEncoding(encoding)) throw new RequestError('UNSUPPORTED_ENCODING');
    if (Number(request.headers['content-length'] ?? 0) > bodyBytes) throw new RequestError('BODY_TOO_LARGE');
    if (!announcesBody(raw)) return Buffer.alloc(0);
    const { key } = caller.principal;
    let held = 0;
    record.whenEnded(() => this.#budget.give(key, held));
    const hold = (bytes: number): boolean => {
      if (!this.#budget.tryTake(key, bytes)) return false;
      held += bytes;
      return true;
    };
    continueIfAsked(raw, reply.raw);
    const body = await collect(raw, decoded(raw, encoding), { ...this.settings.limits, bodyBytes }, hold);
    record.bytesIn = body.length;
    return body;
  }
}

/** The caller waits with its body until it is told that it may send it: by now it may. */
const continueIfAsked = (request: IncomingMessage, response: ServerResponse): void => {
  if (request.headers.expect?.toLowerCase() === '100-continue') response.writeContinue();
};

const nameOf = (encoding: string | undefined): string => (encoding ?? '').trim().toLowerCase();
const isPlain = (name: string): boolean => name === '' || name === 'identity';
const isKnownEncoding = (encoding: string | undefined): boolean => isPlain(nameOf(encoding)) || ['gzip', 'x-gzip'].includes(nameOf(encoding));

const decoded = (raw: IncomingMessage, encoding: string | undefined): Readable => (isPlain(nameOf(encoding)) ? raw : raw.pipe(createGunzip()));

const collect = (raw: IncomingMessage, source: Readable, limits: BodyLimits, hold: (bytes: number) => boolean): Promise<Buffer> =>
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
      else if (!hold(chunk.length)) settle(new RequestError('BODIES_FULL'));
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
