import { createRequire } from 'node:module';
import type { Socket } from 'node:net';

/**
 * The only place that knows kafkajs's inside. The library is unmaintained, so the version is pinned and what we use of it
 * is checked at start: a changed inside must stop the start, not lose records.
 */
export const KAFKAJS_VERSION = '2.2.4';

export interface KafkaJsEncoder {
  writeBufferInternal(bytes: Buffer): void;
}

export interface KafkaJsRequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}

export interface KafkaJsConnection {
  readonly socket: Socket;
  readonly requestQueue: KafkaJsRequestQueue;
  connect(): Promise<unknown>;
  isConnected(): boolean;
  disconnect(): Promise<unknown>;
  rejectRequests(error: Error): void;
  send(call: {
    request: { apiKey: number; apiVersion: number; apiName: string; encode: () => Promise<KafkaJsEncoder>; expectResponse: () => boolean };
    response: { decode: (bytes: Buffer) => Promise<unknown>; parse: (decoded: unknown) => Promise<unknown> };
    logResponseError: boolean;
  }): Promise<unknown>;
}

export interface KafkaJsModules {
  readonly Connection: new (options: Record<string, unknown>) => KafkaJsConnection;
  readonly Encoder: new () => KafkaJsEncoder;
  readonly createSocketFactory: () => unknown;
}

const METHODS = ['connect', 'isConnected', 'disconnect', 'rejectRequests', 'send'] as const;

const isFunction = (value: unknown): boolean => typeof value === 'function';

/** @throws Error naming what is missing, with what was found */
export const checkKafkaJs = (version: unknown, modules: { Connection: unknown; Encoder: unknown; RequestQueue: unknown; createSocketFactory: unknown }): KafkaJsModules => {
  if (version !== KAFKAJS_VERSION) throw new Error(`kafkajs transport: needs kafkajs ${KAFKAJS_VERSION} exactly, found ${String(version)}`);
  const { Connection, Encoder, RequestQueue, createSocketFactory } = modules;
  for (const [name, value] of Object.entries(modules)) if (!isFunction(value)) throw new Error(`kafkajs transport: private module ${name} is missing`);
  const prototypes = { Connection, Encoder, RequestQueue } as Record<string, { prototype: Record<string, unknown> }>;
  const needed = { Connection: METHODS, Encoder: ['writeBufferInternal'], RequestQueue: ['scheduleCheckPendingRequests', 'rejectAll'] } as const;
  for (const [name, methods] of Object.entries(needed)) {
    for (const method of methods) {
      if (!isFunction(prototypes[name]?.prototype[method])) throw new Error(`kafkajs transport: private method ${name}.${method} is missing`);
    }
  }
  return { Connection, Encoder, createSocketFactory } as KafkaJsModules;
};

/** Loads and checks; called when the transport is chosen, so that others need not have kafkajs installed. */
export const loadKafkaJs = (): KafkaJsModules => {
  const require = createRequire(import.meta.url);
  const load = (path: string): unknown => {
    try {
      return require(path);
    } catch (error) {
      throw new Error(`kafkajs transport: private module ${path} cannot be loaded`, { cause: error });
    }
  };
  return checkKafkaJs((load('kafkajs/package.json') as { version?: unknown }).version, {
    Connection: load('kafkajs/src/network/connection'),
    Encoder: load('kafkajs/src/protocol/encoder'),
    RequestQueue: load('kafkajs/src/network/requestQueue'),
    createSocketFactory: load('kafkajs/src/network/socketFactory'),
  });
};
