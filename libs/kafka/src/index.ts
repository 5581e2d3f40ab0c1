export * from './errors/kafka-error.js';
export * from './session/kafka-credential.js';
export * from './session/session.port.js';
export * from './session/sessions.port.js';
export * from './session/cluster-settings.js';
