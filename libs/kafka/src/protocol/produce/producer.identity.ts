import { initProducerIdV4, initProducerIdV5 } from '@platformatic/kafka';
import { fromBrokerCode } from '../../errors/from-broker-code.js';
import { KafkaError, isKafkaError } from '../../errors/kafka-error.js';
import type { Clock } from '../../session/cluster-settings.js';
import type { BrokerConnections } from '../broker.connections.js';
import { type Api, codec } from '../codecs.js';
import { readCall } from '../read.call.js';

/** Who a batch is from, for the broker's check of sequences (KIP-98). */
export interface ProducerIdentity {
  readonly id: bigint;
  readonly epoch: number;
}

const INIT_PRODUCER_ID: Api<Parameters<typeof initProducerIdV5.createRequest>, ReturnType<typeof initProducerIdV5.parseResponse>> = {
  key: 22,
  name: 'InitProducerId',
  codecs: [codec(initProducerIdV5), codec(initProducerIdV4 as unknown as typeof initProducerIdV5)],
};

/** A right that is missing may be given: asked again after this. */
const REFUSED_FOR_MS = 60_000;
const NO_TRANSACTION = null;
const NO_TIMEOUT = 0;

/** Asks for an identity that nobody has had; asking twice only wastes one. @throws KafkaError */
export const newIdentity = async (connections: BrokerConnections, clock: Clock, deadline: number): Promise<ProducerIdentity> => {
  const { errorCode, producerId, producerEpoch } = await readCall(connections, clock, INIT_PRODUCER_ID, [NO_TRANSACTION, NO_TIMEOUT], deadline);
  if (errorCode !== 0) throw new KafkaError(fromBrokerCode(errorCode), { brokerCode: errorCode });
  return { id: producerId, epoch: producerEpoch };
};

export type FetchIdentity = (deadline: number) => Promise<ProducerIdentity>;

/** The identity with which one principal's session writes now. */
export class ProducerIdentities {
  readonly #fetch: FetchIdentity;
  readonly #clock: Clock;
  #current: Promise<ProducerIdentity> | null = null;
  #refusedUntil = 0;

  constructor(fetch: FetchIdentity, clock: Clock) {
    this.#fetch = fetch;
    this.#clock = clock;
  }

  /** null: Kafka does not let this principal, whom our own setting must not harm (I21). @throws KafkaError of the connection */
  async current(deadline: number): Promise<ProducerIdentity | null> {
    if (this.#clock.now() < this.#refusedUntil) return null;
    const asked = (this.#current ??= this.#fetch(deadline));
    try {
      return await asked;
    } catch (error) {
      if (this.#current === asked) this.#current = null;
      if (!isKafkaError(error) || !error.code.endsWith('_AUTHORIZATION_FAILED')) throw error;
      this.refuse();
      return null;
    }
  }

  /** The next batch of a partition without sequences gets another one. */
  renew(): void {
    this.#current = null;
  }

  refuse(): void {
    this.#current = null;
    this.#refusedUntil = this.#clock.now() + REFUSED_FOR_MS;
  }
}
