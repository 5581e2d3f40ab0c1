export * from './contract/secret.js';
export * from './contract/outcome.js';
export * from './contract/plugin.js';
export * from './contract/principal.js';
export * from './contract/startup.error.js';
export * from './credential/authorization.parser.js';
export * from './claims/claim.table.js';
