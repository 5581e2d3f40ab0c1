import { KafkaError, isKafkaError } from '../../errors/kafka-error.js';
import type { AdminCall } from '../admin.call.js';

/** The ids of all brokers that live now; their addresses are learnt on the way. */
export const brokerIds = async ({ metadata, deadline }: AdminCall): Promise<readonly number[]> => {
  const { brokers } = await metadata.ask([], deadline);
  return brokers.map(({ nodeId }) => nodeId).sort((a, b) => a - b);
};

export type BrokerAnswer<T> = { readonly brokerId: number } & ({ readonly kind: 'done'; readonly value: T } | { readonly kind: 'failed'; readonly error: KafkaError });

/** Asks brokers at the same time; one that is away or not of this cluster fails alone. @throws KafkaError when no broker is there */
export const askBrokers = async <T>(call: AdminCall, wanted: readonly number[] | null, ask: (brokerId: number) => Promise<T>): Promise<readonly BrokerAnswer<T>[]> => {
  const known = await brokerIds(call);
  return Promise.all(
    (wanted ?? known).map(async (brokerId): Promise<BrokerAnswer<T>> => {
      if (!known.includes(brokerId)) return { brokerId, kind: 'failed', error: new KafkaError('UNKNOWN_RESOURCE', { resource: `broker ${brokerId}` }) };
      try {
        return { brokerId, kind: 'done', value: await ask(brokerId) };
      } catch (error) {
        if (!isKafkaError(error)) throw error;
        return { brokerId, kind: 'failed', error };
      }
    }),
  );
};
