/** What is built before NestJS starts and injected by token: plain objects of the libraries and of config/. */
export const SETTINGS = Symbol('settings');
export const LOGGER = Symbol('logger');
export const AUDIT = Symbol('audit');
export const METRICS = Symbol('metrics');
export const SESSION_LEDGER = Symbol('session-ledger');
export const KAFKA_SESSIONS = Symbol('kafka-sessions');
export const DEFAULT_CLUSTER = Symbol('default-cluster');
