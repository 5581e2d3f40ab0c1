import { describe, expect, it } from 'vitest';
import { readAnswer } from './start-tls.js';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const AGREED = hex('30 0c 02 01 01 78 07 0a 01 00 04 00 04 00');

describe('the answer to STARTTLS', () => {
  it.each<readonly [string, Buffer, string]>([
    ['success', AGREED, 'agreed'],
    ['success in the long form of lengths, as Active Directory writes it', hex('30 84 00 00 00 10 02 01 01 78 84 00 00 00 07 0a 01 00 04 00 04 00'), 'agreed'],
    ['nothing yet', Buffer.alloc(0), 'unfinished'],
    ['half of it', AGREED.subarray(0, 7), 'unfinished'],
    ['result 2, no such operation', hex('30 0c 02 01 01 78 07 0a 01 02 04 00 04 00'), 'refused'],
    ['success with a bind answer behind it, put there before TLS', Buffer.concat([AGREED, hex('30 0c 02 01 02 61 07 0a 01 00 04 00 04 00')]), 'refused'],
    ['success with one byte behind it', Buffer.concat([AGREED, Buffer.from([0x30])]), 'refused'],
    ['success to another request', hex('30 0c 02 01 02 78 07 0a 01 00 04 00 04 00'), 'refused'],
    ['success to a bind', hex('30 0c 02 01 01 61 07 0a 01 00 04 00 04 00'), 'refused'],
    ['a notice of disconnection', hex('30 0c 02 01 00 78 07 0a 01 34 04 00 04 00'), 'refused'],
    ['an answer of 2 GB', hex('30 84 7f ff ff ff 02 01 01'), 'refused'],
    ['an indefinite length', hex('30 80 02 01 01'), 'refused'],
    ['HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 'refused'],
  ])('that is %s', (_sentence, bytes, kind) => {
    expect(readAnswer(bytes)).toBe(kind);
  });
});
