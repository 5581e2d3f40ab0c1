import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { OPEN, startLane, type Lane, type LaneRule } from './relay.lane.ts';

export type Direction = 'to-server' | 'to-client';

/**
 * A bad network before one server, byte for byte, so that it works in front of TLS too. Faults hold for the connections that
 * are open and for new ones, until `heal`; those of one direction leave the other alone.
 */
export interface FaultProxy {
  readonly port: number;
  /** Everything arrives this much later. */
  delay(ms: number, direction?: Direction): void;
  /** Nothing arrives and nothing closes, after `afterBytes` more on each connection. What was held arrives after `heal`. */
  stall(direction?: Direction, afterBytes?: number): void;
  /** Both sides are closed when this many more bytes of the direction have passed. */
  cutAfter(bytes: number, direction: Direction): void;
  /** Every open connection ends with an RST, now. */
  reset(): void;
  /** New connections are closed at once; open ones stay. */
  refuse(): void;
  heal(): void;
  /** Connections that are open. */
  connections(): number;
  /** Connections that `cutAfter` has ended so far. */
  cuts(): number;
  stop(): Promise<void>;
}

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  readonly lanes: readonly Lane[];
}

/** A relay on loopback to a server on loopback; the server may start later. */
export const startFaultProxy = async (serverPort: number): Promise<FaultProxy> => {
  const rules: Record<Direction, LaneRule> = { 'to-server': OPEN, 'to-client': OPEN };
  const pairs = new Set<Pair>();
  let refusing = false;
  let cuts = 0;

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    near.on('error', () => undefined);
    if (refusing) {
      near.resetAndDestroy();
      return;
    }
    const far = connect({ port: serverPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    far.on('error', () => near.resetAndDestroy());
    const cut = (): void => {
      if (near.destroyed) return;
      cuts += 1;
      near.destroy();
      far.destroy();
    };
    const pair = { near, far, lanes: [startLane(near, far, () => rules['to-server'], cut), startLane(far, near, () => rules['to-client'], cut)] };
    pairs.add(pair);
    near.once('close', () => pairs.delete(pair));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));

  const set = (direction: Direction | undefined, rule: LaneRule): void => {
    for (const one of direction === undefined ? (['to-server', 'to-client'] as const) : [direction]) rules[one] = { ...rule };
    for (const { lanes } of pairs) for (const lane of lanes) lane.pump();
  };
  const reset = (): void => {
    for (const { near, far } of pairs) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
  };
  return {
    port: (server.address() as AddressInfo).port,
    delay: (delayMs, direction) => set(direction, { delayMs, limit: null }),
    stall: (direction, bytes = 0) => set(direction, { delayMs: 0, limit: { bytes, end: 'stall' } }),
    cutAfter: (bytes, direction) => set(direction, { delayMs: 0, limit: { bytes, end: 'cut' } }),
    reset,
    refuse: () => {
      refusing = true;
    },
    heal: () => {
      refusing = false;
      set(undefined, OPEN);
    },
    connections: () => pairs.size,
    cuts: () => cuts,
    stop: async () => {
      reset();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
};
