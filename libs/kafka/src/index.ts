export * from './errors/kafka-error.js';
export * from './session/kafka-credential.js';
export * from './session/session.port.js';
export * from './session/sessions.port.js';
export * from './session/cluster-settings.js';
export type { KafkaNotice, Observe } from './session/notices.js';
export { createKafkaSessions, type KafkaSessionsSettings } from './session/create-kafka-sessions.js';
export * as systemSession from './system-session/index.js';
