import type { Socket } from 'node:net';
import { DirectoryFailure } from './directory.driver.js';

/** ExtendedRequest 1.3.6.1.4.1.1466.20037 with message id 1 (RFC 4511 sections 4.12 and 4.14.1). */
const OID = Buffer.from('1.3.6.1.4.1.1466.20037', 'latin1');
const REQUEST = Buffer.concat([Buffer.from([0x30, OID.length + 7, 0x02, 0x01, 0x01, 0x77, OID.length + 2, 0x80, OID.length]), OID]);
const MESSAGE_ID = Buffer.from([0x02, 0x01, 0x01]);
const EXTENDED_RESPONSE = 0x78;
const SUCCESS = Buffer.from([0x0a, 0x01, 0x00]);
/** A refusal carries text; nobody needs more than this of it. */
const MAX_ANSWER_BYTES = 8_192;

/**
 * Asks for TLS on a new connection and reads exactly one answer. Whatever comes behind it before TLS was put there by
 * somebody on the way (RFC 4513 section 3.1.1 has it discarded; here it ends the connection): it would be read as if the
 * server had said it under TLS.
 * @throws DirectoryFailure `starttls` when the server refuses, does not know it, or says anything else
 */
export const askForTls = (socket: Socket, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    let answer = Buffer.alloc(0);
    const end = (failure: DirectoryFailure | null) => {
      signal.removeEventListener('abort', onAbort);
      for (const [event, listener] of listeners) socket.removeListener(event, listener);
      if (failure === null) {
        socket.pause();
        return resolve();
      }
      socket.on('error', () => undefined);
      socket.destroy();
      reject(failure);
    };
    const onData = (bytes: Buffer) => {
      answer = Buffer.concat([answer, bytes]);
      switch (readAnswer(answer)) {
        case 'agreed':
          return end(null);
        case 'refused':
          return end(new DirectoryFailure('starttls'));
        case 'unfinished':
      }
    };
    const onLost = () => end(new DirectoryFailure('starttls'));
    const onAbort = () => end(new DirectoryFailure('deadline'));
    const listeners = [['data', onData], ['error', onLost], ['close', onLost], ['end', onLost]] as const;
    if (signal.aborted) return end(new DirectoryFailure('deadline'));
    signal.addEventListener('abort', onAbort, { once: true });
    for (const [event, listener] of listeners) socket.on(event, listener as (bytes?: unknown) => void);
    socket.write(REQUEST);
  });

/** @param bytes all that came so far */
export const readAnswer = (bytes: Buffer): 'agreed' | 'refused' | 'unfinished' => {
  if (bytes.length > MAX_ANSWER_BYTES) return 'refused';
  const message = readElement(bytes, 0x30);
  if (message === 'unfinished') return 'unfinished';
  if (message === null || message.end !== bytes.length) return 'refused';
  if (!message.content.subarray(0, 3).equals(MESSAGE_ID)) return 'refused';
  const response = readElement(message.content.subarray(3), EXTENDED_RESPONSE);
  return response !== null && response !== 'unfinished' && response.content.subarray(0, 3).equals(SUCCESS) ? 'agreed' : 'refused';
};

/** One BER element of definite length. */
const readElement = (bytes: Buffer, tag: number): { readonly content: Buffer; readonly end: number } | 'unfinished' | null => {
  if (bytes.length === 0) return 'unfinished';
  if (bytes[0] !== tag) return null;
  const first = bytes[1];
  if (first === undefined) return 'unfinished';
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || lengthBytes > 4) return null;
  if (bytes.length < 2 + lengthBytes) return 'unfinished';
  const length = lengthBytes === 0 ? first : bytes.readUIntBE(2, lengthBytes);
  if (length > MAX_ANSWER_BYTES) return null;
  const start = 2 + lengthBytes;
  return bytes.length < start + length ? 'unfinished' : { content: bytes.subarray(start, start + length), end: start + length };
};
