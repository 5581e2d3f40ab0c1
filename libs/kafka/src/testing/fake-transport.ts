import type { BrokerAddress } from '../session/cluster-settings.js';
import { ConnectionFault, type Transport, type WireConnection, type WireRequest } from '../transports/transport.js';

export interface FakeWire extends WireConnection {
  readonly address: BrokerAddress;
  readonly keys: number[];
}

/** Brokers of a unit spec: `answer` gives the parsed answer for an API key, or throws. */
export const fakeTransport = (answer: (apiKey: number, wire: FakeWire, request: WireRequest<unknown>) => unknown, open: (address: BrokerAddress) => void = () => undefined): Transport & { readonly wires: FakeWire[] } => {
  const wires: FakeWire[] = [];
  return {
    name: 'platformatic',
    wires,
    open: async (address) => {
      open(address);
      let isOpen = true;
      const closing: (() => void)[] = [];
      const wire: FakeWire = {
        address,
        keys: [],
        get isOpen() {
          return isOpen;
        },
        send: async <Response>(request: WireRequest<Response>) => {
          if (!isOpen) throw new ConnectionFault('lost', false);
          wire.keys.push(request.apiKey);
          return (await answer(request.apiKey, wire, request as WireRequest<unknown>)) as Response;
        },
        destroy: () => {
          isOpen = false;
          for (const listener of closing.splice(0)) listener();
        },
        onClose: (listener) => void closing.push(listener),
      };
      wires.push(wire);
      return wire;
    },
  };
};

/** What every broker answers before the login, and a login that succeeds. */
export const LOGIN: Readonly<Record<number, unknown>> = {
  18: { apiKeys: [0, 3, 17, 18, 32, 36].map((apiKey) => ({ apiKey, minVersion: 0, maxVersion: 12 })) },
  17: { errorCode: 0, mechanisms: ['OAUTHBEARER'] },
  36: { errorCode: 0, errorMessage: null, authBytes: Buffer.alloc(0), sessionLifetimeMs: 0n },
};
