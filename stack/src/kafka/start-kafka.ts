import type { Progress } from '../maven/fetch-jars.ts';
import { prepareClassArchives } from './class-archives.ts';
import { fetchKafka } from './fetch-kafka.ts';
import type { Kafka } from './kafka.handle.ts';
import { startUnprepared, type BrokerOptions } from './start-unprepared.ts';

export interface KafkaOptions extends Omit<BrokerOptions, 'kafka' | 'recording'> {
  readonly version?: string;
  readonly progress?: Progress;
}

/**
 * A real Apache Kafka on loopback: one KRaft node, deny by default, one OAUTHBEARER listener for each trusted issuer.
 * The key set files must be there already.
 * @throws StackError with one line on what is missing; Error with the broker's last words when it will not start
 */
export const startKafka = async ({ version, progress = () => {}, ...options }: KafkaOptions): Promise<Kafka> => {
  const kafka = await fetchKafka(version, progress);
  await prepareClassArchives(kafka, progress);
  return startUnprepared({ ...options, kafka });
};
