import { KafkaError } from '../errors/kafka-error.js';
import { BrokerConnections } from '../protocol/broker.connections.js';
import { type TokenSource, shownToken } from '../protocol/shown-token.js';
import type { BrokerAddress } from '../session/cluster-settings.js';
import type { KafkaNotice } from '../session/notices.js';
import { ConnectionFault } from '../transports/transport.js';
import { LOGIN, fakeTransport } from './fake-transport.js';
import { ManualTime } from './manual-time.js';
import { testCredential } from './test-source.js';

export interface ConnectionsLabOptions {
  readonly answer?: Parameters<typeof fakeTransport>[0];
  readonly down?: readonly BrokerAddress[];
  readonly tokens?: Partial<TokenSource>;
  readonly bootstrap?: BrokerAddress[];
  /** What a connection waits for before it is made. */
  readonly turn?: Promise<void>;
}

/** One session's connections over a transport that answers logins by itself, with time that only a spec moves. */
export const connectionsLab = (options: ConnectionsLabOptions = {}) => {
  const time = new ManualTime();
  const notices: KafkaNotice[] = [];
  const transport = fakeTransport(options.answer ?? ((apiKey) => LOGIN[apiKey] ?? {}), (address) => {
    if (options.down?.includes(address) === true) throw new ConnectionFault('unreachable', false);
  });
  const token = shownToken(testCredential('t', time.now(), time.now() + 100_000));
  const tokens: TokenSource = { current: async () => token, afterRefusal: async () => Promise.reject(new KafkaError('CALLER_TOKEN_REFUSED')), ...options.tokens };
  const connections = new BrokerConnections({
    transport,
    listener: { bootstrapServers: options.bootstrap ?? ['b1:9092', 'b2:9092'], tls: null, sasl: 'oauthbearer', advertisedHosts: ['*.kafka.test'] },
    tokens,
    clock: time,
    timers: time,
    silenceMs: 10_000,
    onThrottle: () => undefined,
    onPrincipalChange: () => notices.push({ kind: 'principal-changed', clusterId: 'main', kafkaName: 'alice' }),
    clusterId: 'main',
    sessionKey: 'key',
    budget: {
      connect: async (_principal, _patienceMs, connect) => {
        await options.turn;
        return connect();
      },
    },
    kafkaName: 'alice',
    observe: (notice) => notices.push(notice),
    count: () => undefined,
  });
  return { time, notices, transport, connections, deadline: time.now() + 10_000 };
};
