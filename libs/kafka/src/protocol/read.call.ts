import { KafkaError } from '../errors/kafka-error.js';
import type { Clock } from '../session/cluster-settings.js';
import { ConnectionFault } from '../transports/transport.js';
import type { BrokerConnections } from './broker.connections.js';
import type { Api } from './codecs.js';

/** What one broker may take of the deadline before another is asked. */
const TRY_LEAST_MS = 1_000;
const TRIES = 3;
/** Before the next try when a broker closed the connection instead of answering: it may do so every time. */
const REST_FIRST_MS = 50;
const REST_MOST_MS = 1_000;

/**
 * A request that changes nothing, to whichever broker is there: asked again while the deadline lasts when its connection is
 * lost, and of another broker when one stays silent.
 * @throws KafkaError NO_BROKER, DEADLINE_EXCEEDED, those of the token source
 */
export const readCall = async <Args extends readonly unknown[], Response>(
  connections: BrokerConnections,
  clock: Clock,
  api: Api<Args, Response>,
  args: Args,
  deadline: number,
): Promise<Response> => {
  for (let rest = REST_FIRST_MS; ; ) {
    const connection = await connections.toAny('work', deadline);
    const now = clock.now();
    const patience = connections.hasChoice ? Math.max(TRY_LEAST_MS, (deadline - now) / TRIES) : Infinity;
    try {
      return await connection.request(api, args, Math.min(deadline, now + patience));
    } catch (error) {
      if (!(error instanceof ConnectionFault)) throw error;
      if (error.reason === 'no-answer' && clock.now() >= deadline) throw new KafkaError('DEADLINE_EXCEEDED', {}, { cause: error });
      const isRefusal = error.reason === 'lost' && error.written;
      if (clock.now() + (isRefusal ? rest : 0) >= deadline) throw new KafkaError('NO_BROKER', {}, { cause: error });
      if (!isRefusal) continue;
      await connections.rest(rest);
      rest = Math.min(rest * 2, REST_MOST_MS);
    }
  }
};
