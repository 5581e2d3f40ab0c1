import { KafkaError, isKafkaError } from '../errors/kafka-error.js';
import { ConnectionFault } from '../transports/transport.js';
import type { AdminCall } from './admin.call.js';
import type { Api } from './codecs.js';
import { pause } from './deadline.js';

const RETRY_MS = 100;

/**
 * A request that one broker alone can serve (its own settings, logs, groups). Sent again while it certainly was not written,
 * and after that only if it changes nothing.
 * @throws KafkaError NO_BROKER, DEADLINE_EXCEEDED, OUTCOME_UNKNOWN, those of the token source
 */
export const nodeCall = async <Args extends readonly unknown[], Response>(call: AdminCall, nodeId: number, api: Api<Args, Response>, args: Args, changes: boolean): Promise<Response> => {
  const { connections, metadata, clock, timers, deadline } = call;
  for (;;) {
    let failure: KafkaError;
    try {
      const connection = await connections.toNode('work', nodeId, deadline);
      return await connection.request(api, args, deadline);
    } catch (error) {
      failure = asFailure(error, changes);
    }
    if (failure.code !== 'NO_BROKER' || clock.now() + RETRY_MS >= deadline) throw failure;
    await pause(timers, RETRY_MS);
    // It may have come back at another address.
    await metadata.ask([], deadline);
  }
};

const asFailure = (error: unknown, changes: boolean): KafkaError => {
  if (isKafkaError(error)) return error;
  if (!(error instanceof ConnectionFault)) throw error;
  if (error.written && changes) return new KafkaError('OUTCOME_UNKNOWN', {}, { cause: error });
  return new KafkaError(error.reason === 'no-answer' ? 'DEADLINE_EXCEEDED' : 'NO_BROKER', {}, { cause: error });
};
