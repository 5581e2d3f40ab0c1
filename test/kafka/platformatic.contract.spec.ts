import { registerContract } from './contract.ts';

registerContract('platformatic');
