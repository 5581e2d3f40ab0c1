import { registerContractOn39 } from './contract-3.9.ts';

await registerContractOn39('platformatic');
