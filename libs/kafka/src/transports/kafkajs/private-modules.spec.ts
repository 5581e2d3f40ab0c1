import { describe, expect, it } from 'vitest';
import { KAFKAJS_VERSION, checkKafkaJs, loadKafkaJs } from './private-modules.js';

class Connection {
  connect() {}
  isConnected() {}
  disconnect() {}
  rejectRequests() {}
  send() {}
}
class Encoder {
  writeBufferInternal() {}
}
class RequestQueue {
  scheduleCheckPendingRequests() {}
  rejectAll() {}
}
const good = { Connection, Encoder, RequestQueue, createSocketFactory: () => undefined };

describe('the self-check of kafkajs', () => {
  it('accepts the installed library', () => {
    expect(loadKafkaJs().Connection).toBeTypeOf('function');
  });

  it('accepts what has every method', () => {
    expect(checkKafkaJs(KAFKAJS_VERSION, good).Connection).toBe(Connection);
  });

  it.each([
    ['another version', '2.3.0', good, 'needs kafkajs 2.2.4 exactly, found 2.3.0'],
    ['a missing module', KAFKAJS_VERSION, { ...good, Encoder: undefined }, 'private module Encoder is missing'],
    ['a missing method', KAFKAJS_VERSION, { ...good, RequestQueue: Encoder }, 'private method RequestQueue.scheduleCheckPendingRequests is missing'],
  ])('refuses %s', (_, version, modules, text) => {
    expect(() => checkKafkaJs(version, modules)).toThrow(text);
  });
});
