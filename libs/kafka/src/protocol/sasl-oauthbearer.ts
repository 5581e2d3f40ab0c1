import type { WireConnection } from '../transports/transport.js';
import { SASL_AUTHENTICATE, SASL_HANDSHAKE, wireRequest } from './codecs.js';
import { type ShownToken, TokenRefused } from './shown-token.js';

const KVSEP = '\u0001';
/** RFC 7628 §3.2.3: the client ends a failed exchange with this one byte; only then the broker records the refusal. */
const END_OF_FAILURE = Buffer.from([1]);

/** Asks for OAUTHBEARER. @throws TokenRefused when the listener does not offer it; ConnectionFault */
export const saslHandshake = async (wire: WireConnection): Promise<void> => {
  const { errorCode } = await wire.send(wireRequest(SASL_HANDSHAKE, null, ['OAUTHBEARER']));
  if (errorCode !== 0) throw new TokenRefused('mechanism-refused');
};

/**
 * Shows the token once, by KIP-255 and RFC 7628. Both transports come here, so both know a refusal from a success.
 * @returns life of the broker's session in ms from now (KIP-368), null when it has no end
 * @throws TokenRefused, ConnectionFault
 */
export const saslAuthenticate = async (wire: WireConnection, shown: ShownToken): Promise<number | null> => {
  const first = Buffer.from(`n,,${KVSEP}auth=Bearer ${shown.credential.token.reveal()}${KVSEP}${KVSEP}`);
  const answer = await wire.send(wireRequest(SASL_AUTHENTICATE, null, [first]));
  if (answer.errorCode !== 0) {
    const text = answer.errorMessage ?? '';
    throw new TokenRefused(text.startsWith('Cannot change principals') ? 'principal-changed' : 'invalid-token', { cause: text }, shown);
  }
  // An error challenge comes with error code 0: taking code 0 for success is how both libraries lose the refusal.
  if (answer.authBytes !== null && answer.authBytes.length > 0) {
    endFailedExchange(wire);
    throw new TokenRefused('invalid-token', { cause: answer.authBytes.toString('utf8', 0, 200) }, shown);
  }
  return answer.sessionLifetimeMs > 0n ? Number(answer.sessionLifetimeMs) : null;
};

const endFailedExchange = (wire: WireConnection): void => {
  wire.send(wireRequest(SASL_AUTHENTICATE, null, [END_OF_FAILURE])).then(
    () => wire.destroy(),
    () => wire.destroy(),
  );
};
