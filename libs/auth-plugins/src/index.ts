export * from './contract/secret.js';
export * from './contract/outcome.js';
export * from './contract/plugin.js';
export type { Groups, VerifiedFacts, VerifiedPrincipal } from './contract/principal.maker.js';
