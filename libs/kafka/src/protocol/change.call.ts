import { KafkaError } from '../errors/kafka-error.js';
import type { Clock } from '../session/cluster-settings.js';
import { ConnectionFault } from '../transports/transport.js';
import type { BrokerConnections } from './broker.connections.js';
import type { Api } from './codecs.js';

/**
 * A request that changes the cluster, to whichever broker is there: sent again only while it certainly was not (Must 15).
 * @throws KafkaError OUTCOME_UNKNOWN when it was sent and no answer came, NO_BROKER, those of the token source
 */
export const changeCall = async <Args extends readonly unknown[], Response>(
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
      if (error.written) throw new KafkaError('OUTCOME_UNKNOWN', {}, { cause: error });
      if (clock.now() >= deadline) throw new KafkaError('NO_BROKER', {}, { cause: error });
    }
  }
};
