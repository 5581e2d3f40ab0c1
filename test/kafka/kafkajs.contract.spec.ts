import { registerContract } from './contract.ts';

registerContract('kafkajs');
