import { KafkaError } from '../errors/kafka-error.js';
import type { Clock } from '../session/cluster-settings.js';
import { ConnectionFault } from '../transports/transport.js';
import type { BrokerConnections } from './broker.connections.js';
import type { Api } from './codecs.js';

/**
 * A request that changes nothing, to whichever broker is there: asked again while the deadline lasts when its connection is lost.
 * @throws KafkaError NO_BROKER, DEADLINE_EXCEEDED, those of the token source
 */
export const readCall = async <Args extends readonly unknown[], Response>(
  connections: BrokerConnections,
  clock: Clock,
  api: Api<Args, Response>,
  args: Args,
  deadline: number,
): Promise<Response> => {
  for (;;) {
    const connection = await connections.toAny('work', deadline);
    try {
      return await connection.request(api, args, deadline);
    } catch (error) {
      if (!(error instanceof ConnectionFault)) throw error;
      if (error.reason === 'no-answer') throw new KafkaError('DEADLINE_EXCEEDED', {}, { cause: error });
      if (clock.now() >= deadline) throw new KafkaError('NO_BROKER', {}, { cause: error });
    }
  }
};
