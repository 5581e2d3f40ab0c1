import { afterAll } from 'vitest';
import { kafkaSetUp } from '../../stack/src/index.ts';
import { startOwnKafka } from '../setup/own-kafka.ts';
import { stack } from '../setup/stack.ts';
import { registerContract } from './contract.ts';
import type { TransportName } from './test-sessions.ts';

/** The last line before 4.0: what many sites run. */
const VERSION = '3.9.2';

/** The whole contract on a broker of that line, started for it. */
export const registerContractOn39 = async (transport: TransportName): Promise<void> => {
  const servers = stack();
  const kafka = await startOwnKafka(servers, { version: VERSION });
  afterAll(() => kafka.stop());
  registerContract(transport, { ...servers, kafka: { ...kafka.describe(), ...kafkaSetUp(kafka.describe()) } }, VERSION, ['group settings', 'KIP-848']);
};
